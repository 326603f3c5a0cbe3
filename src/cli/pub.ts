// `zanzara pub` (mosquitto_pub): one connection, one topic, one payload or one for each line of standard input.
// DISCONNECT follows the last acknowledgement; with QoS 0 the last write. With --reconnect a lost connection is made again, see resumption.ts.

import { isPermanent, type MqttError } from '../client/errors.ts'
import type { Connector, ConnectorEvents } from '../client/reconnect.ts'
import type { Delivery } from '../session/client-effects.ts'
import { LimitError } from '../session/client-limits.ts'
import { UsageError } from '../wire/errors.ts'
import { type Connack, PacketType, type PublishAcknowledgement } from '../wire/mqtt/packet.ts'
import { reasonName } from '../wire/mqtt/reason-codes.ts'
import { ErrorOutput, runClientCommand } from './client-command.ts'
import { propertiesOf } from './client-connect.ts'
import { EVERY_SECOND, makeConnector, refusalExitCode, refusalLine, stopFailure } from './client-connector.ts'
import { systemErrorText } from './client-errors.ts'
import { readPayload } from './client-payload.ts'
import type { ClientSettings } from './client-settings.ts'
import { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** Lines on their way before standard input is left waiting: enough to fill any window, little to keep in memory. */
const MOST_PENDING = 1000

/** After --ack-timeout a server that does not even close the connection is left alone after so long. */
const FAREWELL_MS = 500

/** Runs the command; returns its exit code. */
export function runPub(argv: readonly string[], io: Terminal): Promise<number> {
  return runClientCommand('pub', argv, io, async (settings) => {
    const errors = new ErrorOutput(io, settings.quiet)
    const payload = await readPayload(settings, io, errors)
    return payload === 'failed' ? ExitCode.Failure : new Publisher(settings, payload, io, errors).run()
  })
}

/** One run of the command, from connecting to the exit code. */
class Publisher implements ConnectorEvents {
  readonly #settings: ClientSettings
  readonly #payload: Uint8Array | null
  readonly #io: Terminal
  readonly #errors: ErrorOutput
  #connector: Connector | null = null
  #begun = false
  /** The connection was lost, and that has been said. */
  #offline = false
  #stopped = false
  /** Published and not settled yet. */
  #pending = 0
  #exitCode = 0
  #refused = false
  /** Runs while acknowledgements are awaited and the user set a limit; started again by each one. */
  #patience: NodeJS.Timeout | null = null
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
    const again = this.#payload === null || this.#settings.reconnect
    this.#connector = await makeConnector(this.#settings, this.#io, again ? EVERY_SECOND : null, this)
    const exitCode = await new Promise<number>((resolve) => {
      this.#done = resolve
      this.#connector!.start()
    })
    if (exitCode !== ExitCode.Success || !this.#settings.leavesSession) return exitCode
    const { forgetSession } = await import('./resumption.ts')
    await forgetSession(this.#settings, this.#connector.connectPacket, this.#io)
    return exitCode
  }

  connected(): void {
    this.#offline = false
    if (this.#begun) return
    this.#begun = true
    this.#feed().catch((error: unknown) => {
      this.#errors.print(error instanceof UsageError ? `Error: ${error.message}.` : `Error: Unable to read standard input: ${systemErrorText(error)}.`)
      this.#exitCode = ExitCode.Failure
      this.#finish()
    })
  }

  refused(connack: Connack): void {
    // A server that is about to come back says no for a while: that is no answer to a connection that stood before.
    const { reconnect, version } = this.#settings
    if (reconnect && this.#begun && !isPermanent({ cause: 'refused', reasonCode: connack.reasonCode, error: null })) return
    this.#refused = true
    this.#exitCode = refusalExitCode(connack, version)
    const text = version === 5 ? 'A network protocol error occurred when communicating with the broker' : 'The connection was refused'
    this.#errors.print(`${refusalLine(connack, version)}\nError: ${text}`)
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
    const limit = error instanceof LimitError ? limitFailure(error) : null
    this.#errors.print(`Error: ${limit?.text ?? `${error.message}.`}`)
    this.#exitCode = limit?.exitCode ?? (error instanceof UsageError ? ExitCode.Failure : ExitCode.ConnectionLost)
    this.#settle()
  }

  waiting(error: MqttError, ms: number): void {
    if (error.code === 'PROTOCOL_ERROR') {
      // trying again would not teach the server
      const failure = stopFailure(error)
      this.#errors.print(failure.text)
      this.#exitCode = failure.exitCode
      this.#connector!.destroy()
      return
    }
    if (!this.#settings.reconnect || this.#offline) return
    this.#offline = true
    this.#errors.print(`${stopFailure(error).text.replace(/^Error: /, 'Warning: ')}. Trying again every ${ms / 1000} s.`)
  }

  stopped(error: MqttError | null): void {
    this.#stopped = true
    this.#watch(false)
    this.#wake()
    this.#io.stdin.close()
    if (error !== null && !this.#refused) {
      const failure = stopFailure(error, this.#settings.usesTls && !this.#begun)
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
    if (++this.#pending === 1) this.#watch(true)
    const { topics, qos, retain } = this.#settings
    this.#connector!.publish({ topicName: topics[0]!, payload, qos, retain, properties: propertiesOf(this.#settings, 'publish') })
  }

  #settle(): void {
    this.#watch(--this.#pending > 0)
    this.#wake()
  }

  /** Starts the time anew within which the next acknowledgement must come, or ends it. */
  #watch(awaited: boolean): void {
    const { ackTimeoutMs, qos } = this.#settings
    if (ackTimeoutMs === null || qos === 0) return
    if (this.#patience !== null) clearTimeout(this.#patience)
    this.#patience = awaited ? setTimeout(() => this.#losePatience(ackTimeoutMs / 1000), ackTimeoutMs) : null
  }

  #losePatience(seconds: number): void {
    const messages = this.#pending === 1 ? 'The message is' : `${this.#pending} messages are`
    this.#errors.print(`Error: No acknowledgement within ${seconds} s. ${messages} not known to have arrived.`)
    this.#exitCode = ExitCode.TimedOut
    this.#finish()
    setTimeout(() => this.#done(ExitCode.TimedOut), FAREWELL_MS).unref()
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
    if (this.#stopped) return
    const properties = propertiesOf(this.#settings, 'disconnect')
    // A session that was made for --reconnect alone ends here [section 3.14.2.2.2].
    const ends = this.#settings.resumes && this.#settings.version === 5 && this.#settings.keepsNothing
    this.#connector!.disconnect(0, ends ? { sessionExpiryInterval: 0, ...properties } : properties)
  }
}

interface LimitFailure {
  readonly text: string
  readonly exitCode: number
}

/** Mosquitto's words and codes for what a server announced that it does not take. */
function limitFailure(error: LimitError): LimitFailure {
  switch (error.reasonCode) {
    case 0x9b:
      return { text: 'Message QoS not supported on broker, try a lower QoS.', exitCode: ExitCode.QosNotSupported }
    case 0x95:
      return { text: `${error.message}.`, exitCode: ExitCode.PacketTooLarge }
    default:
      return { text: `${error.message}.`, exitCode: ExitCode.NotSupported }
  }
}
