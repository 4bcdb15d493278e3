//! Which rows of a list stay where they are when its order changes. A row that is taken out of the document and put in again loses the focus that is in it.

/// For each place of `new`: where that id was in `old`, where it was there at all.
pub fn places_before(old: &[i64], new: &[i64]) -> Vec<Option<usize>> {
    let mut by_id: Vec<(i64, usize)> = old.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    by_id.sort_unstable();
    let place_of = |id: &i64| by_id.binary_search_by_key(id, |(id, _)| *id).ok().map(|found| by_id[found].1);
    new.iter().map(place_of).collect()
}

/// Of rows that were at these places: which may stay, so that as few as possible move. Those that stay are in the same order before and after (a
/// longest increasing subsequence).
pub fn stay(before: &[Option<usize>]) -> Vec<bool> {
    // Of each length: where the row is that ends such a sequence with the lowest place before.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous = vec![None; before.len()];
    for (row, place) in before.iter().enumerate() {
        if place.is_none() {
            continue;
        }
        let length = ends.partition_point(|end| before[*end] < *place);
        previous[row] = length.checked_sub(1).map(|shorter| ends[shorter]);
        ends.truncate(ends.len().max(length + 1));
        match ends.get_mut(length) {
            Some(end) => *end = row,
            None => ends.push(row),
        }
    }
    let mut stays = vec![false; before.len()];
    let mut next = ends.last().copied();
    while let Some(row) = next {
        stays[row] = true;
        next = previous[row];
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(old: &[i64], new: &[i64]) -> Vec<i64> {
        let before = places_before(old, new);
        let stays = stay(&before);
        new.iter().zip(before.iter().zip(stays)).filter(|(_, (before, stays))| before.is_some() && !stays).map(|(id, _)| *id).collect()
    }

    #[test]
    fn nothing_moves_where_rows_come_and_go() {
        for (old, new) in [
            (&[][..], &[][..]) as (&[i64], &[i64]),
            (&[1, 2, 3], &[1, 2, 3]),
            (&[3, 2, 1], &[6, 5, 4, 3, 2, 1]),
            (&[1, 2, 3, 4], &[2, 9, 4, 8]),
            (&[1, 2], &[]),
            (&[], &[1, 2]),
            (&[5], &[6]),
        ] {
            assert!(moved(old, new).is_empty(), "{old:?} {new:?}");
        }
    }

    #[test]
    fn only_what_changed_its_place_moves() {
        assert_eq!(moved(&[1, 2, 3, 4], &[4, 1, 2, 3]), [4]);
        assert_eq!(moved(&[1, 2, 3, 4], &[2, 3, 4, 1]), [1]);
        assert_eq!(moved(&[1, 2, 3, 4], &[1, 3, 2, 4]).len(), 1);
        assert_eq!(moved(&[1, 2, 3], &[3, 2, 1]).len(), 2);
        assert_eq!(moved(&[1, 2, 3, 4, 5], &[9, 5, 1, 8, 2, 4]), [5]);
    }

    #[test]
    fn what_stays_keeps_its_order_and_no_longer_run_could_have() {
        // Every order of six rows.
        let mut orders: Vec<Vec<i64>> = vec![Vec::new()];
        for row in 0..6 {
            orders =
                orders.iter().flat_map(|order| (0..=order.len()).map(move |at| [&order[..at], &[row], &order[at..]].concat())).collect();
        }
        assert_eq!(orders.len(), 720);
        let longest = |order: &[i64]| {
            (0..1_u32 << order.len())
                .filter_map(|chosen| {
                    let rows: Vec<i64> = (0..order.len()).filter(|at| chosen & (1 << at) != 0).map(|at| order[at]).collect();
                    rows.is_sorted().then_some(rows.len())
                })
                .max()
        };
        for order in orders {
            let stays = stay(&places_before(&[0, 1, 2, 3, 4, 5], &order));
            let kept: Vec<i64> = order.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(id, _)| *id).collect();
            assert!(kept.is_sorted(), "{order:?} {kept:?}");
            assert_eq!(Some(kept.len()), longest(&order), "{order:?} {kept:?}");
        }
    }
}
