// sub --watch: the screen is cleared, and each topic keeps a line of its own, in the order in which topics first came.
// Control sequences of ECMA-48: `ESC [ line ; 1 H` sets the cursor, `ESC [ 2 J` clears the screen.

/** The first line names the server. */
const FIRST_LINE = 2

export class WatchLines {
  readonly #lines = new Map<string, number>()

  /** Before all messages: an empty screen, and where they come from. */
  heading(server: string): string {
    return `\x1b[2J\x1b[1;1HBroker: ${server}\n`
  }

  /** Goes to the line of the topic. */
  before(topicName: string): string {
    let line = this.#lines.get(topicName)
    if (line === undefined) {
      line = FIRST_LINE + this.#lines.size
      this.#lines.set(topicName, line)
    }
    return `\x1b[${line};1H`
  }

  /** Leaves the cursor below all lines. */
  after(): string {
    return `\x1b[${FIRST_LINE + this.#lines.size - 1};1H\n`
  }
}
