// Whether the window is too narrow for panes side by side; follows the window.
// The same limit as the style sheets'.

import { useEffect, useState } from 'preact/hooks'

const NARROW = '(max-width: 700px)'

export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches)
  useEffect(() => {
    const query = matchMedia(NARROW)
    const follow = (): void => setNarrow(query.matches)
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [])
  return isNarrow
}
