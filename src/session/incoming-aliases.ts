// Topic Aliases that a peer sets on one connection [MQTT-3.3.2-7..-12]. They die with the connection.
// Everything behind here sees packets with their Topic Name and without the alias.

import { ProtocolError } from '../wire/errors.ts'
import { encodeRun } from '../wire/mqtt/encode-publish.ts'
import { PublishRun, setPacketId } from '../wire/mqtt/publish-run.ts'

/** Bytes of names that are put in at a time. */
const PORTION_BYTES = 262_144
/** Scratch memory is dropped above this size. */
const LARGEST_KEPT = 1 << 20

export class IncomingAliases {
  readonly #maximum: number
  /** UTF-8, by alias. */
  readonly names: Map<number, Uint8Array> = new Map()
  readonly #plain = new PublishRun()

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  /**
   * With a name the alias is set anew, without it stands for the name. Hands the run on as if it had come with its name, in portions:
   * a few bytes may stand for many. What is handed on is borrowed.
   */
  resolve(run: PublishRun, take: (plain: PublishRun) => void): void {
    const alias = run.topicAlias
    if (alias > this.#maximum) throw new ProtocolError(0x94, `Topic Alias ${alias} beyond the maximum ${this.#maximum}`, 'MQTT-3.3.2-9')
    if (run.ownTopicLength > 0) this.names.set(alias, run.bytes.slice(run.topicAt, run.topicAt + run.topicLength))
    else {
      const name = this.names.get(alias)
      if (name === undefined) throw new ProtocolError(0x82, `unknown Topic Alias ${alias}`, 'MQTT-3.3.2-8')
      run.topicBytes = name
      run.topicAt = 0
      run.topicLength = name.length
    }
    const { from, to } = run
    const portion = Math.max(1, Math.floor(PORTION_BYTES / (run.topicLength + run.headLength)))
    for (let at = from; at < to; at += portion) {
      run.select(at, Math.min(to, at + portion))
      this.#rename(run)
      take(this.#plain)
    }
    run.select(from, to)
    if (this.#plain.bytes.length > LARGEST_KEPT) this.#plain.bytes = new Uint8Array(0)
  }

  #rename(run: PublishRun): void {
    const plain = this.#plain
    encodeRun(plain, run, { version: 5, qos: run.qos, retain: run.header & 1, identifiers: null, alias: 0, omitTopic: false, strip: 0 })
    if (run.qos > 0) for (let i = run.from; i < run.to; i++) setPacketId(plain, i - run.from, run.packetId(i))
  }
}
