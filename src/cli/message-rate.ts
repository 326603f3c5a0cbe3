// sub --message-rate: counts messages and prints the count once a second, instead of the messages.
// The second that is running at the end is printed, too.

const SECOND_MS = 1000
/** A second that has only just begun is not worth a line. */
const BEGUN_MS = 20

export class MessageRate {
  readonly #print: (line: string) => void
  #count = 0
  #since = 0
  #timer: NodeJS.Timeout | null = null

  /** `print` takes whole lines, with their newline. */
  constructor(print: (line: string) => void) {
    this.#print = print
  }

  /** Begins the first second; later calls do nothing. */
  start(): void {
    if (this.#timer === null) this.#begin()
  }

  add(): void {
    this.#count++
  }

  /** Prints the last count, if counting began. */
  end(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
    if (this.#count > 0 || performance.now() - this.#since >= BEGUN_MS) this.#print(`${this.#count} msgs/s\n`)
  }

  #begin(): void {
    this.#since = performance.now()
    this.#timer = setTimeout(() => {
      this.#print(`${this.#count} msgs/s\n`)
      this.#count = 0
      this.#begin()
    }, SECOND_MS)
  }
}
