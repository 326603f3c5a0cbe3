// Who speaks with whom: for each packet the one before it in its conversation, and which packets begin one. ● hot
// So that one packet can be dissected again without all that came before it.

/** First packets of a stream that are always read again: the handshake and CONNECT with its answer. */
const HEADS = 12
/** Conversations remembered; those idle longest are forgotten. */
const MOST_CONVERSATIONS = 65_536

interface Conversation {
  /** Its first packets, of each stream between the same ends. */
  readonly heads: number[]
  stream: number
  /** Heads of the newest stream. */
  count: number
  last: number
}

export class ConversationHeads {
  readonly #byEnds = new Map<string, Conversation>()
  /** TCP and UDP streams apart: twice the number, plus one for UDP. */
  readonly #byStream = new Map<number, Conversation>()
  /** Of the last `add`. */
  before = 0
  isHead = false

  /** Tells `before` and `isHead` of a packet. `ends` makes a text that is the same for both directions and all streams between two ends. */
  add(number: number, isTcp: boolean, stream: number, ends: () => string): void {
    const key = 2 * stream + (isTcp ? 0 : 1)
    let conversation = this.#byStream.get(key)
    if (conversation === undefined) {
      const name = ends()
      conversation = this.#byEnds.get(name)
      if (conversation === undefined) {
        conversation = { heads: [], stream: key, count: 0, last: 0 }
        this.#byEnds.set(name, conversation)
        if (this.#byEnds.size > MOST_CONVERSATIONS) this.#forget()
      } else {
        this.#byStream.delete(conversation.stream)
        conversation.stream = key
        conversation.count = 0
      }
      this.#byStream.set(key, conversation)
    }
    this.before = conversation.last
    this.isHead = conversation.count < HEADS
    if (this.isHead) {
      conversation.count++
      conversation.heads.push(number)
      // ends that begin anew for ever: the streams before the last few teach nothing
      if (conversation.heads.length > 4 * HEADS) conversation.heads.splice(0, HEADS)
    }
    conversation.last = number
  }

  /** The packets that begin a stream, those of older streams between the same ends included. */
  heads(isTcp: boolean, stream: number): readonly number[] {
    return this.#byStream.get(2 * stream + (isTcp ? 0 : 1))?.heads ?? []
  }

  #forget(): void {
    const [name, conversation] = this.#byEnds.entries().next().value!
    this.#byEnds.delete(name)
    this.#byStream.delete(conversation.stream)
  }
}
