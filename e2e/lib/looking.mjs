// Whether anybody looks at a tab: every page of a test's browser is seen, until it is told otherwise.

/** Says that the tab is hidden or seen, as the browser would. */
export const look = ({ page }, state) =>
  page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    Object.defineProperty(document, 'hidden', { value: state === 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, state);
