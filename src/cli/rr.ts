// `zanzara rr` (mosquitto_rr): subscribes to the Response Topic, publishes one request, prints the first response and ends.
// MQTT 5.0 unless -V says otherwise: the request then carries the Response Topic [section 4.10]; before 5.0 both sides must know it.

import type { MqttError } from '../client/errors.ts'
import type { Connector, ConnectorEvents } from '../client/reconnect.ts'
import type { Delivery } from '../session/client-effects.ts'
import { LimitError } from '../session/client-limits.ts'
import { UsageError } from '../wire/errors.ts'
import { type Connack, PacketType, type Publish, type PublishAcknowledgement, type Suback } from '../wire/mqtt/packet.ts'
import { reasonName } from '../wire/mqtt/reason-codes.ts'
import { ErrorOutput, runClientCommand } from './client-command.ts'
import { propertiesOf } from './client-connect.ts'
import { makeConnector, refusalExitCode, refusalLine, stopFailure } from './client-connector.ts'
import { ArgumentError } from './client-errors.ts'
import { readPayload } from './client-payload.ts'
import type { ClientSettings } from './client-settings.ts'
import { ExitCode } from './exit-codes.ts'
import { messagePrinter } from './message-printer.ts'
import type { Terminal } from './terminal.ts'

/** DISCONNECT with it leaves the will to be published [MQTT-3.14.4-3]. */
const DISCONNECT_WITH_WILL = 0x04

/** Runs the command; returns its exit code. */
export function runRr(argv: readonly string[], io: Terminal): Promise<number> {
  return runClientCommand('rr', argv, io, async (settings) => {
    const errors = new ErrorOutput(io, settings.quiet)
    const payload = settings.payload === null ? null : await readPayload(settings, io, errors)
    if (payload === 'failed') return ExitCode.Failure
    const { topics, responseTopic, properties } = settings
    if (topics.length === 0 || payload === null || responseTopic === null) {
      throw new ArgumentError('All of topic, message, and response topic must be supplied.')
    }
    if (properties.publish?.responseTopic !== undefined) {
      errors.print('Error in PUBLISH properties: Duplicate response topic.')
      return ExitCode.Failure
    }
    properties.publish = { ...properties.publish, responseTopic }
    properties.connect = { receiveMaximum: 1, ...properties.connect } // one response is enough
    return await new Requester(settings, payload, responseTopic, io, errors).run()
  })
}

/** One run of the command, from connecting to the exit code. */
class Requester implements ConnectorEvents {
  readonly #settings: ClientSettings
  readonly #payload: Uint8Array
  readonly #responseTopic: string
  readonly #io: Terminal
  readonly #errors: ErrorOutput
  #connector: Connector | null = null
  #print: (message: Publish) => void = () => {}
  #requested = false
  #hasConnected = false
  /** When the request was sent, as `performance.now` has it. */
  #sentAt = 0
  /** The end is decided: nothing more is printed. */
  #ending = false
  #exitCode = 0
  #done: (exitCode: number) => void = () => {}

  constructor(settings: ClientSettings, payload: Uint8Array, responseTopic: string, io: Terminal, errors: ErrorOutput) {
    this.#settings = settings
    this.#payload = payload
    this.#responseTopic = responseTopic
    this.#io = io
    this.#errors = errors
  }

  async run(): Promise<number> {
    const { timeout, version } = this.#settings
    this.#connector = await makeConnector(this.#settings, this.#io, null, this)
    this.#print = await messagePrinter(this.#settings, this.#io.stdout, this.#errors)
    this.#io.stdout.onClosed(() => this.#end(0))
    const timedOut = (): void => {
      this.#errors.print('Timed out')
      this.#end(ExitCode.TimedOut, version === 5 ? DISCONNECT_WITH_WILL : 0)
    }
    const timer = timeout === null ? null : setTimeout(timedOut, timeout * 1000)
    try {
      return await new Promise<number>((resolve) => {
        this.#done = resolve
        this.#connector!.start()
      })
    } finally {
      if (timer !== null) clearTimeout(timer)
    }
  }

  connected(): void {
    this.#hasConnected = true
    const { version, qos, retainAsPublished, retainHandling } = this.#settings
    const options = version === 5 ? { retainAsPublished, retainHandling } : { retainAsPublished: false, retainHandling: 0 as const }
    try {
      this.#connector!.subscribe([{ topicFilter: this.#responseTopic, qos, noLocal: false, ...options }], propertiesOf(this.#settings, 'subscribe'))
    } catch (error) {
      this.#cannot(error)
    }
  }

  refused(connack: Connack): void {
    this.#errors.print(refusalLine(connack, this.#settings.version))
    this.#ending = true
    this.#exitCode = refusalExitCode(connack, this.#settings.version)
    this.#connector!.destroy()
  }

  suback({ reasonCodes }: Suback): void {
    if (this.#ending || this.#requested) return
    const [reasonCode = 0x80] = reasonCodes
    if (reasonCode >= 0x80) {
      this.#errors.print(reasonName(reasonCode, PacketType.Suback))
      this.#end(0)
      return
    }
    this.#requested = true
    this.#sentAt = performance.now()
    const { topics, qos } = this.#settings
    try {
      this.#connector!.publish({ topicName: topics[0]!, payload: this.#payload, qos, retain: false, properties: propertiesOf(this.#settings, 'publish') })
    } catch (error) {
      this.#cannot(error)
    }
  }

  message(message: Publish): void {
    if (this.#ending || (message.retain && this.#settings.noRetained)) return
    const latencyNs = Math.round((performance.now() - this.#sentAt) * 1e6)
    this.#print(message)
    if (this.#settings.latency && this.#requested) this.#io.stdout.write(latencyLine(latencyNs))
    this.#end(0)
  }

  /** A request that the server refuses gets no response; the waiting goes on all the same, with -W to its end. */
  delivered(delivery: Delivery, acknowledgement: PublishAcknowledgement | null): void {
    if (this.#ending || acknowledgement === null || acknowledgement.reasonCode < 0x80) return
    this.#errors.print(`Warning: Publish ${delivery.packetId} failed: ${reasonName(acknowledgement.reasonCode, PacketType.Puback)}.`)
    if (acknowledgement.properties.reasonString !== undefined) this.#errors.print(acknowledgement.properties.reasonString)
  }

  undelivered(_delivery: Delivery, error: Error): void {
    if (!this.#ending) this.#cannot(error)
  }

  stopped(error: MqttError | null): void {
    if (error !== null && !this.#ending) {
      const failure = stopFailure(error, this.#settings.usesTls && !this.#hasConnected)
      this.#errors.print(failure.text)
      this.#exitCode = failure.exitCode
    }
    this.#done(this.#exitCode)
  }

  unsuback(): void {}
  drained(): void {}
  disconnected(): void {}
  reauthenticated(): void {}
  closed(): void {}
  waiting(): void {}

  /** The server announced that it does not take this, or it cannot be sent at all. */
  #cannot(error: unknown): void {
    if (!(error instanceof LimitError || error instanceof UsageError)) throw error
    this.#errors.print(`Error: ${error.message}.`)
    this.#end(error instanceof LimitError ? ExitCode.NotSupported : ExitCode.Failure)
  }

  /** Says DISCONNECT if there is a connection; `stopped` follows. */
  #end(exitCode: number, reasonCode = 0): void {
    if (this.#ending) return
    this.#ending = true
    this.#exitCode = exitCode
    this.#connector!.disconnect(reasonCode, propertiesOf(this.#settings, 'disconnect'))
  }
}

/** The time between request and response, in the unit that fits. */
export function latencyLine(nanoseconds: number): string {
  if (nanoseconds < 1000) return `Latency: ${nanoseconds}ns\n`
  if (nanoseconds < 1e6) return `Latency: ${(nanoseconds / 1e3).toFixed(6)}µs\n`
  if (nanoseconds < 1e9) return `Latency: ${(nanoseconds / 1e6).toFixed(6)}ms\n`
  return `Latency: ${Math.floor(nanoseconds / 1e9)}.${String(nanoseconds % 1e9).padStart(9, '0')}\n`
}
