// How high rows are: 28 pixels, or 44 where fingers point. Follows the width of the window.
// The same numbers stand in style/tokens.css and base.css.

import { useEffect, useState } from 'preact/hooks'

const NARROW = '(max-width: 700px)'

/** True under 700 pixels of width. */
export function useIsNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches)
  useEffect(() => {
    const query = matchMedia(NARROW)
    const follow = (): void => setNarrow(query.matches)
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [])
  return isNarrow
}

/** Pixels of a row of one line. */
export function useRowHeight(): number {
  return useIsNarrow() ? 44 : 28
}
