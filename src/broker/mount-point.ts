// mount_point: a prefix before all topics of one listener's clients, which never see it. The broker knows full names only.
// Put on here, as messages and requests come in; taken off by session.ts, as messages go out.

import { ProtocolError } from '../wire/errors.ts'
import { encodeRun } from '../wire/mqtt/encode-publish.ts'
import { type PublishRun, setPacketId } from '../wire/mqtt/publish-run.ts'
import { isShared } from '../wire/mqtt/topics.ts'
import { LONGEST_TEXT, utf8Length, writeUtf8 } from '../wire/text.ts'

/** Scratch memory is dropped above this size. */
const LARGEST_KEPT = 1 << 20

export class MountPoint {
  readonly text: string
  /** UTF-8. */
  readonly bytes: Uint8Array

  constructor(text: string) {
    this.text = text
    this.bytes = new Uint8Array(utf8Length(text))
    writeUtf8(text, this.bytes, 0)
  }

  topicName(name: string): string {
    return this.text + name
  }

  /** Of a shared filter the part that is compared with Topic Names. */
  topicFilter(filter: string): string {
    if (!isShared(filter)) return this.text + filter
    const slash = filter.indexOf('/', '$share/'.length) + 1
    return filter.slice(0, slash) + this.text + filter.slice(slash)
  }

  /** Whether the run's Topic Name lies below the mount point, and is more than the mount point. */
  holds(run: PublishRun): boolean {
    const { bytes } = this
    if (run.topicLength <= bytes.length) return false
    for (let i = 0; i < bytes.length; i++) if (run.topicBytes[run.topicAt + i] !== bytes[i]) return false
    return true
  }

  /** Writes the selected packets with the full Topic Name into `target`. Throws ProtocolError for a name that becomes too long. */
  mount(run: PublishRun, target: PublishRun): void {
    const { topicBytes, topicAt, topicLength } = run
    const length = this.bytes.length + topicLength
    if (length > LONGEST_TEXT) throw new ProtocolError(0x90, `Topic Name of ${length} bytes with its mount point`, 'MQTT-4.7.3-3')
    const name = new Uint8Array(length)
    name.set(this.bytes)
    name.set(topicBytes.subarray(topicAt, topicAt + topicLength), this.bytes.length)
    if (target.bytes.length > LARGEST_KEPT) target.bytes = new Uint8Array(0)
    run.topicBytes = name
    run.topicAt = 0
    run.topicLength = length
    encodeRun(target, run, { version: run.version, qos: run.qos, retain: run.header & 1, identifiers: null, alias: 0, omitTopic: false, strip: 0 })
    run.topicBytes = topicBytes
    run.topicAt = topicAt
    run.topicLength = topicLength
    if (run.qos > 0) for (let i = run.from; i < run.to; i++) setPacketId(target, i - run.from, run.packetId(i))
  }
}
