// The share of the first of two panes: kept within what both need, moved by keys, remembered by the browser.
// Pure but for the two functions that ask the browser's storage, which may be closed to us.

export interface ShareLimits {
  /** Pixels of both panes together. */
  readonly size: number
  readonly least: readonly [number, number]
}

const STEP = 16
const PREFIX = 'zanzara.split.'

/** The share when the edge is at so many pixels. */
export function shareAt(position: number, { size, least }: ShareLimits): number {
  if (size <= 0) return 0.5
  const most = size - least[1]
  // panes too small for both: they share what there is as they need it
  if (most < least[0]) return least[0] / (least[0] + least[1])
  return Math.min(most, Math.max(least[0], position)) / size
}

/** Undefined = the key is not for the edge. */
export function shareAfterKey(key: string, direction: 'row' | 'column', share: number, limits: ShareLimits): number | undefined {
  const position = share * limits.size
  const [back, on] = direction === 'row' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown']
  if (key === back) return shareAt(position - STEP, limits)
  if (key === on) return shareAt(position + STEP, limits)
  if (key === 'Home') return shareAt(0, limits)
  if (key === 'End') return shareAt(limits.size, limits)
  return undefined
}

/** Null = nothing was chosen, or the browser does not say. */
export function readShare(id: string): number | null {
  try {
    const share = Number(localStorage.getItem(PREFIX + id) ?? Number.NaN)
    return share > 0 && share < 1 ? share : null
  } catch {
    return null
  }
}

/** Null forgets. */
export function storeShare(id: string, share: number | null): void {
  try {
    if (share === null) localStorage.removeItem(PREFIX + id)
    else localStorage.setItem(PREFIX + id, share.toFixed(4))
  } catch {
    // a closed storage: the choice holds for this page only
  }
}
