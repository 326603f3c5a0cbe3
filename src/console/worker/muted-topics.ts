// Branches of the tree that the user does not want to see: what is at and below them is recorded as ever, and kept out of the lists.
// Pure, over paths: the Worker hides by them, the page says what is hidden.

/** The branch that mutes a topic, itself or above it; null = none does. */
export function mutedAbove(muted: ReadonlySet<string>, topic: string): string | null {
  if (muted.size === 0) return null
  for (let end = topic.length; end >= 0; end = end === 0 ? -1 : topic.lastIndexOf('/', end - 1)) {
    const path = topic.slice(0, end)
    if (muted.has(path)) return path
  }
  return null
}

/** With one more branch, which takes the place of those below it. */
export function withMuted(muted: readonly string[], path: string): readonly string[] {
  return [...muted.filter((one) => one !== path && !one.startsWith(`${path}/`)), path]
}

/** Without whatever mutes the path. */
export function withoutMuted(muted: readonly string[], path: string): readonly string[] {
  const above = mutedAbove(new Set(muted), path)
  return muted.filter((one) => one !== above)
}

/** What is muted in a connection, with what the lists ask about it. */
export class MutedTopics {
  #paths: ReadonlySet<string> = new Set()
  /** By the number of a topic. */
  readonly #known = new Map<number, boolean>()

  get isEmpty(): boolean {
    return this.#paths.size === 0
  }

  get paths(): ReadonlySet<string> {
    return this.#paths
  }

  /** True when it is a change. */
  set(paths: readonly string[]): boolean {
    if (paths.length === this.#paths.size && paths.every((path) => this.#paths.has(path))) return false
    this.#paths = new Set(paths)
    this.#known.clear()
    return true
  }

  /** `topicOf` is asked once for each number. */
  hides(topicId: number, topicOf: (topicId: number) => string): boolean {
    if (this.#paths.size === 0) return false
    let hidden = this.#known.get(topicId)
    if (hidden === undefined) {
      hidden = mutedAbove(this.#paths, topicOf(topicId)) !== null
      this.#known.set(topicId, hidden)
    }
    return hidden
  }
}
