// How long a certificate still holds, in whole days.
// Pure; the time is the broker's.

const DAY_MS = 86_400_000
/** Days before the end from which on it is marked. */
const SOON = 30

export interface Validity {
  readonly kind: 'ended' | 'soon' | 'not-yet' | 'valid'
  /** Until the end, or since then. */
  readonly days: number
}

/** Times in milliseconds since 1970. */
export function validityOf({ validFrom, validTo }: { readonly validFrom: number; readonly validTo: number }, now: number): Validity {
  if (validTo <= now) return { kind: 'ended', days: Math.floor((now - validTo) / DAY_MS) }
  const days = Math.ceil((validTo - now) / DAY_MS)
  if (validFrom > now) return { kind: 'not-yet', days }
  return { kind: days <= SOON ? 'soon' : 'valid', days }
}
