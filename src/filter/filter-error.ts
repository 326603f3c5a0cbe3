// What a display filter that cannot be understood says: where, what is wrong, and what may have been meant.
// Thrown by the passes over a filter's text; never while packets are tested.

/** `offset` and `length` count UTF-16 units of the filter's text; `length` 0 points behind its end. */
export class FilterError extends Error {
  override readonly name = 'FilterError'
  readonly offset: number
  readonly length: number
  /** A name that exists and looks like the one that does not; null = none does. */
  readonly suggestion: string | null

  constructor(message: string, at: { readonly start: number; readonly end: number }, suggestion: string | null = null) {
    super(suggestion === null ? message : `${message}; did you mean ${suggestion}?`)
    this.offset = at.start
    this.length = at.end - at.start
    this.suggestion = suggestion
  }

  /** The filter's text with the place marked below it, indented as tshark does. */
  pointAt(text: string): string {
    const line = text.replace(/[\t\n\r]/g, ' ')
    return `    ${line}\n    ${' '.repeat(this.offset)}^${'~'.repeat(Math.max(0, this.length - 1))}`
  }
}
