"""The peer: list and create as a FastAPI developer would write them, on a copy of the database that theAgency made.

The same tables, the same pragmas, the same JSON. It checks a repository with git before it creates, unless the query says `git=false`; it starts nothing and
guards nothing. Run by peer.py.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import case, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ADDRESS = f"sqlite+aiosqlite:///{os.environ['PEER_DATABASE']}"
engine = create_async_engine(ADDRESS)
# One connection writes, and each of its transactions takes the lock at once: with several, or with SQLite's deferred ones, callers are answered "database is locked".
writer = create_async_engine(ADDRESS, pool_size=1, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
writing = async_sessionmaker(writer, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
@event.listens_for(writer.sync_engine, "connect")
def pragmas(connection, _record) -> None:
    # The driver shall begin no transactions of its own.
    connection.isolation_level = None
    for pragma in ["journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"]:
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(writer.sync_engine, "begin")
def begin(connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class Base(DeclarativeBase):
    pass


class Pipeline(Base):
    __tablename__ = "pipelines"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str]
    template: Mapped[str]
    repo: Mapped[str]
    base: Mapped[str]
    base_commit: Mapped[str]
    branch: Mapped[str]
    head_commit: Mapped[str]
    model: Mapped[str | None]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    reason_message: Mapped[str | None]
    reason_hint: Mapped[str | None]
    created_at: Mapped[str]
    updated_at: Mapped[str]
    started_at: Mapped[str | None]
    finished_at: Mapped[str | None]
    version: Mapped[int]
    fence: Mapped[int]


class Step(Base):
    __tablename__ = "steps"
    id: Mapped[int] = mapped_column(primary_key=True)
    pipeline_id: Mapped[int]
    order_index: Mapped[int]
    kind: Mapped[str]
    agent_name: Mapped[str | None]
    plan_json: Mapped[str]
    status: Mapped[str]
    rounds: Mapped[int]


class Attempt(Base):
    __tablename__ = "attempts"
    id: Mapped[int] = mapped_column(primary_key=True)
    pipeline_id: Mapped[int]
    tokens_input: Mapped[int]
    tokens_output: Mapped[int]
    tokens_reasoning: Mapped[int]
    tokens_cache_read: Mapped[int]
    tokens_cache_write: Mapped[int]
    cost_dollars: Mapped[float | None]


class AuditEvent(Base):
    __tablename__ = "audit_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    pipeline_id: Mapped[int] = mapped_column(primary_key=True)
    event_type: Mapped[str]
    payload_json: Mapped[str]
    created_at: Mapped[str]


class Tokens(BaseModel):
    input: int = 0
    output: int = 0
    reasoning: int = 0
    cache_read: int = 0
    cache_write: int = 0


class Usage(BaseModel):
    tokens: Tokens
    cost: float | None


class PipelineOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str
    description: str
    template: str
    repo: str
    base: str
    base_commit: str
    branch: str
    head_commit: str
    status: str
    created_at: str
    updated_at: str
    started_at: str | None
    finished_at: str | None
    model: str | None
    scripted: bool = False
    usage: Usage = Usage(tokens=Tokens(), cost=0)
    current_step_id: int | None = None
    steps_total: int = 0
    steps_done: int = 0


class Page(BaseModel):
    items: list[PipelineOut]
    next_cursor: str | None


class CreatePipeline(BaseModel):
    model_config = ConfigDict(extra="forbid")
    description: str
    repo: str
    template: str
    title: str | None = None


CHAINS = {"quick_fix": ["developer", "senior-reviewer"]}


@asynccontextmanager
async def lifespan(_app: FastAPI):
    yield
    await engine.dispose()
    await writer.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health():
    return {"status": "ok", "version": "0.1.0"}


@app.get("/api/v1/pipelines", response_model=Page)
async def pipelines(limit: int = Query(50, ge=1, le=200), cursor: int | None = None):
    async with sessions() as session:
        query = select(Pipeline).order_by(Pipeline.id.desc()).limit(limit + 1)
        rows = list(await session.scalars(query.where(Pipeline.id < cursor) if cursor else query))
        more, rows = len(rows) > limit, rows[:limit]
        ids = [row.id for row in rows]
        steps, usage = await step_counts(session, ids), await usages(session, ids)
    items = [PipelineOut.model_validate(row).model_copy(update={**steps.get(row.id, {}), **usage.get(row.id, {})}) for row in rows]
    return Page(items=items, next_cursor=str(rows[-1].id) if more else None)


async def step_counts(session: AsyncSession, ids: list[int]) -> dict[int, dict]:
    done = func.sum(case((Step.status == "succeeded", 1), else_=0))
    query = select(Step.pipeline_id, func.count(), done).where(Step.pipeline_id.in_(ids)).group_by(Step.pipeline_id)
    return {id: {"steps_total": total, "steps_done": succeeded} for id, total, succeeded in await session.execute(query)}


async def usages(session: AsyncSession, ids: list[int]) -> dict[int, dict]:
    names = ["input", "output", "reasoning", "cache_read", "cache_write"]
    sums = [func.sum(getattr(Attempt, f"tokens_{name}")) for name in names]
    query = select(Attempt.pipeline_id, func.sum(Attempt.cost_dollars), *sums).where(Attempt.pipeline_id.in_(ids)).group_by(Attempt.pipeline_id)
    rows = await session.execute(query)
    return {id: {"usage": Usage(tokens=Tokens(**dict(zip(names, tokens, strict=True))), cost=cost)} for id, cost, *tokens in rows}


@app.post("/api/v1/pipelines", status_code=201, response_model=PipelineOut)
async def create(request: CreatePipeline, git: bool = True):
    agents = CHAINS.get(request.template)
    if not agents or not Path(request.repo).is_dir():
        raise HTTPException(400, "unknown template or directory")
    branch, commit = await inspect(request.repo) if git else ("main", "0" * 40)
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    async with writing() as session, session.begin():
        pipeline = Pipeline(
            title=request.title or request.description.splitlines()[0],
            description=request.description,
            template=request.template,
            repo=request.repo,
            base=branch,
            base_commit=commit,
            branch="",
            head_commit=commit,
            status="queued",
            created_at=now,
            updated_at=now,
            version=1,
            fence=0,
        )
        # The branch has the id in it, and one pipeline at a time may hold it.
        pipeline.id = (await session.scalar(select(func.max(Pipeline.id))) or 0) + 1
        pipeline.branch = f"agency/{pipeline.id}-bench"
        session.add(pipeline)
        await session.flush()
        for index, agent in enumerate(agents):
            plan = json.dumps({"agent": agent})
            session.add(Step(pipeline_id=pipeline.id, order_index=index, kind="agent", agent_name=agent, plan_json=plan, status="pending", rounds=0))
        sequence = (await session.scalar(select(func.max(AuditEvent.id))) or 0) + 1
        payload = json.dumps({"title": pipeline.title, "branch": pipeline.branch})
        session.add(AuditEvent(id=sequence, pipeline_id=pipeline.id, event_type="pipeline_created", payload_json=payload, created_at=now))
    return pipeline


async def inspect(repo: str) -> tuple[str, str]:
    """The branch that is checked out and its commit; a repository without them is refused."""
    await run_git(repo, "rev-parse", "--show-toplevel")
    branch = await run_git(repo, "symbolic-ref", "--short", "HEAD")
    commit = await run_git(repo, "rev-parse", "--verify", "HEAD")
    await run_git(repo, "for-each-ref", "--format=%(refname)", "refs/heads/")
    return branch, commit


async def run_git(repo: str, *parameters: str) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("git", "-C", repo, *parameters, stdout=pipe, stderr=pipe)
    output, _ = await process.communicate()
    if process.returncode:
        raise HTTPException(400, "not a repository")
    return output.decode().strip()
