// Which rows of a long list of equal heights are to be drawn, and where: arithmetic only.
// Browsers draw no element higher than some 17 million pixels: beyond MOST_PIXELS the scroll bar stands for more rows than pixels.

/** Height of the tallest canvas; longer lists scroll in larger steps. */
export const MOST_PIXELS = 12_000_000
/** Rows drawn beyond both edges, so that scrolling shows no gap. */
const BEYOND = 6

export interface RowWindow {
  /** The first row to draw and the one behind the last. */
  readonly from: number
  readonly to: number
  /** Where the first one stands in the canvas, in pixels. */
  readonly top: number
}

/** One list at one size; all lengths in pixels. */
export class RowLayout {
  readonly count: number
  readonly rowHeight: number
  /** Visible height, without a header. */
  readonly viewport: number

  constructor(count: number, rowHeight: number, viewport: number) {
    this.count = count
    this.rowHeight = rowHeight
    this.viewport = viewport
  }

  /** Height of the canvas. */
  get height(): number {
    return Math.min(this.count * this.rowHeight, MOST_PIXELS)
  }

  /** How far the list itself is scrolled when the canvas is by `scrollTop`. */
  offsetAt(scrollTop: number): number {
    const most = Math.max(0, this.count * this.rowHeight - this.viewport)
    const scrollable = Math.max(0, this.height - this.viewport)
    if (scrollable === 0) return 0
    return Math.min(most, Math.max(0, scrollTop) * (most / scrollable))
  }

  /** The other way round. */
  scrollTopAt(offset: number): number {
    const most = Math.max(0, this.count * this.rowHeight - this.viewport)
    const scrollable = Math.max(0, this.height - this.viewport)
    if (most === 0) return 0
    return Math.min(scrollable, Math.max(0, offset) * (scrollable / most))
  }

  windowAt(scrollTop: number): RowWindow {
    const offset = this.offsetAt(scrollTop)
    const from = Math.max(0, Math.floor(offset / this.rowHeight) - BEYOND)
    const to = Math.min(this.count, Math.ceil((offset + this.viewport) / this.rowHeight) + BEYOND)
    return { from, to: Math.max(from, to), top: from * this.rowHeight - offset + Math.min(Math.max(0, scrollTop), Math.max(0, this.height - this.viewport)) }
  }

  /** Where to scroll so that a row is seen whole; `scrollTop` itself when it is. */
  reveal(index: number, scrollTop: number): number {
    const offset = this.offsetAt(scrollTop)
    const top = index * this.rowHeight
    if (top < offset) return this.scrollTopAt(top)
    const bottom = top + this.rowHeight - this.viewport
    return bottom > offset ? this.scrollTopAt(bottom) : scrollTop
  }

  /** Rows of a page, for Page Up and Page Down. */
  get page(): number {
    return Math.max(1, Math.floor(this.viewport / this.rowHeight) - 1)
  }
}
