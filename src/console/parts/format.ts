// Numbers and times as the console writes them: short, with tabular figures, the unit after a blank.
// Pure; the language matters only for the grouping of digits.

/** `10:42:07` or, with `milliseconds`, `10:42:07.318`, in the zone of the browser. */
export function clockTime(ms: number, milliseconds = false): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return milliseconds ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text
}

/** `now`, `3 s`, `14 m`, `2 h`, `5 d`; '' for never. */
export function ageText(seenMs: number, nowMs: number, now: string): string {
  if (seenMs === 0) return ''
  const seconds = Math.max(0, Math.floor((nowMs - seenMs) / 1000))
  if (seconds < 1) return now
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** Per second: `0.2`, `96.0`, `311`, `12.4 k`; '' for nothing. */
export function rateText(rate: number): string {
  if (rate < 0.05) return ''
  if (rate < 100) return rate.toFixed(1)
  return rate < 10_000 ? String(Math.round(rate)) : `${(rate / 1000).toFixed(1)} k`
}

/** `118 B`, `18.4 KiB`, `2.0 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

/** `41,208`. */
export function countText(count: number, language: string): string {
  return count.toLocaleString(language)
}

/** `0.6 ms`, `14 ms`, `1.2 s`. */
export function durationText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** A number as short as its digits allow: at most six of them. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  return String(Number(value.toPrecision(6)))
}
