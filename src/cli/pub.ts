// `zanzara pub` (mosquitto_pub): one connection, one topic, one payload or one for each line of standard input.
// DISCONNECT follows the last acknowledgement; with QoS 0 the last write.

import { readFileSync } from 'node:fs'

import type { MqttError } from '../client/errors.ts'
import type { Connector, ConnectorEvents } from '../client/reconnect.ts'
import type { Delivery } from '../session/client-effects.ts'
import { LimitError } from '../session/client-limits.ts'
import { UsageError } from '../wire/errors.ts'
import { type Connack, PacketType, type PublishAcknowledgement } from '../wire/mqtt/packet.ts'
import { reasonName } from '../wire/mqtt/reason-codes.ts'
import { ErrorOutput, runClientCommand } from './client-command.ts'
import { propertiesOf } from './client-connect.ts'
import { EVERY_SECOND, makeConnector, refusalLine, stopFailure } from './client-connector.ts'
import { systemErrorText } from './client-errors.ts'
import type { ClientSettings } from './client-settings.ts'
import { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** Lines on their way before standard input is left waiting: enough to fill any window, little to keep in memory. */
const MOST_PENDING = 1000

/** Runs the command; returns its exit code. */
export function runPub(argv: readonly string[], io: Terminal): Promise<number> {
  return runClientCommand('pub', argv, io, async (settings) => {
    const errors = new ErrorOutput(io, settings.quiet)
    const payload = await readPayload(settings, io, errors)
    return payload === 'failed' ? ExitCode.Failure : new Publisher(settings, payload, io, errors).run()
  })
}

/** The payload, read before anything is connected; null = lines of standard input. */
async function readPayload(settings: ClientSettings, io: Terminal, errors: ErrorOutput): Promise<Uint8Array | null | 'failed'> {
  const source = settings.payload!
  switch (source.from) {
    case 'text':
      return Buffer.from(source.text)
    case 'nothing':
      return new Uint8Array(0)
    case 'stdin lines':
      return null
    case 'file':
      try {
        return readFileSync(source.path)
      } catch (error) {
        errors.print(`Error: Unable to read file "${source.path}": ${systemErrorText(error)}.\nError loading input file "${source.path}".`)
        return 'failed'
      }
    case 'stdin': {
      const chunks: Uint8Array[] = []
      for await (const chunk of io.stdin) chunks.push(chunk)
      if (chunks.length > 0) return Buffer.concat(chunks)
      errors.print('Error: Zero length input.\nError loading input from stdin.')
      return 'failed'
    }
  }
}

/** One run of the command, from connecting to the exit code. */
class Publisher implements ConnectorEvents {
  readonly #settings: ClientSettings
  readonly #payload: Uint8Array | null
  readonly #io: Terminal
  readonly #errors: ErrorOutput
  #connector: Connector | null = null
  #begun = false
  #stopped = false
  #pending = 0
  #exitCode = 0
  #refused = false
  /** Wakes up the feeding, when there is room or an end. */
  #wake: () => void = () => {}
  #done: (exitCode: number) => void = () => {}

  constructor(settings: ClientSettings, payload: Uint8Array | null, io: Terminal, errors: ErrorOutput) {
    this.#settings = settings
    this.#payload = payload
    this.#io = io
    this.#errors = errors
  }

  async run(): Promise<number> {
    this.#connector = await makeConnector(this.#settings, this.#io, this.#payload === null ? EVERY_SECOND : null, this)
    return new Promise((resolve) => {
      this.#done = resolve
      this.#connector!.start()
    })
  }

  connected(): void {
    if (this.#begun) return
    this.#begun = true
    this.#feed().catch((error: unknown) => {
      this.#errors.print(error instanceof UsageError ? `Error: ${error.message}.` : `Error: Unable to read standard input: ${systemErrorText(error)}.`)
      this.#exitCode = ExitCode.Failure
      this.#finish()
    })
  }

  refused(connack: Connack): void {
    this.#refused = true
    this.#exitCode = connack.reasonCode
    const text = this.#settings.version === 5 ? 'A network protocol error occurred when communicating with the broker' : 'The connection was refused'
    this.#errors.print(`${refusalLine(connack, this.#settings.version)}\nError: ${text}`)
    this.#connector!.destroy()
  }

  delivered(delivery: Delivery, acknowledgement: PublishAcknowledgement | null): void {
    if (acknowledgement !== null && acknowledgement.reasonCode >= 0x80) {
      this.#errors.print(`Warning: Publish ${delivery.packetId} failed: ${reasonName(acknowledgement.reasonCode, PacketType.Puback)}.`)
      if (acknowledgement.properties.reasonString !== undefined) this.#errors.print(acknowledgement.properties.reasonString)
    }
    this.#settle()
  }

  undelivered(_delivery: Delivery, error: Error): void {
    this.#errors.print(`Error: ${error.message}.`)
    this.#exitCode = error instanceof LimitError ? limitExitCode(error.reasonCode) : ExitCode.ConnectionLost
    this.#settle()
  }

  stopped(error: MqttError | null): void {
    this.#stopped = true
    this.#wake()
    this.#io.stdin.close()
    if (error !== null && !this.#refused) {
      const failure = stopFailure(error)
      this.#errors.print(failure.text)
      this.#exitCode = failure.exitCode
    }
    this.#done(this.#exitCode)
  }

  message(): void {} // a kept session may still have subscriptions
  suback(): void {}
  unsuback(): void {}
  drained(): void {}
  disconnected(): void {}
  reauthenticated(): void {}
  closed(): void {}
  waiting(): void {}

  async #feed(): Promise<void> {
    if (this.#payload === null) await this.#feedLines()
    else await this.#feedRepeats(this.#payload)
    await this.#pendingBelow(1)
    this.#finish()
  }

  async #feedRepeats(payload: Uint8Array): Promise<void> {
    const { repeat, repeatDelayMs } = this.#settings
    for (let i = 0; i < repeat && !this.#stopped; i++) {
      if (i > 0 && repeatDelayMs > 0) await this.#delay(repeatDelayMs)
      this.#publish(payload)
      await this.#pendingBelow(1)
    }
  }

  async #feedLines(): Promise<void> {
    const { LineSplitter } = await import('./line-splitter.ts')
    const lines = new LineSplitter()
    for await (const chunk of this.#io.stdin) {
      if (this.#stopped) return
      lines.push(chunk, (line) => this.#publish(line))
      await this.#pendingBelow(MOST_PENDING)
    }
    const last = lines.finish()
    if (last !== null) this.#publish(last)
  }

  #publish(payload: Uint8Array): void {
    if (this.#stopped) return
    this.#pending++
    const { topics, qos, retain } = this.#settings
    this.#connector!.publish({ topicName: topics[0]!, payload, qos, retain, properties: propertiesOf(this.#settings, 'publish') })
  }

  #settle(): void {
    this.#pending--
    this.#wake()
  }

  async #pendingBelow(limit: number): Promise<void> {
    while (this.#pending >= limit && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        if (!this.#stopped) return
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #finish(): void {
    if (!this.#stopped) this.#connector!.disconnect(0, propertiesOf(this.#settings, 'disconnect'))
  }
}

/** Mosquitto's codes for what a server announced that it does not take. */
function limitExitCode(reasonCode: number): number {
  if (reasonCode === 0x9b) return ExitCode.QosNotSupported
  return reasonCode === 0x95 ? ExitCode.PacketTooLarge : ExitCode.NotSupported
}
