// One request on a control topic and its response: subscribes to the response topic, publishes, waits, disconnects.
// What is asked and how the answer is shown are the commands' affair.

import type { MqttError } from '../../client/errors.ts'
import type { Connector, ConnectorEvents } from '../../client/reconnect.ts'
import type { Delivery } from '../../session/client-effects.ts'
import { LimitError } from '../../session/client-limits.ts'
import { UsageError } from '../../wire/errors.ts'
import { type Connack, PacketType, type Publish, type PublishAcknowledgement, type Suback } from '../../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../wire/mqtt/properties.ts'
import { reasonName } from '../../wire/mqtt/reason-codes.ts'
import type { ErrorOutput } from '../client-command.ts'
import { makeConnector, refusalExitCode, refusalLine, stopFailure } from '../client-connector.ts'
import type { ClientSettings } from '../client-settings.ts'
import { CtrlExitCode, ExitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

/** Milliseconds that a server has for its response. */
const PATIENCE = 10_000

export class ControlExchange implements ConnectorEvents {
  readonly #settings: ClientSettings
  readonly #io: Terminal
  readonly #errors: ErrorOutput
  readonly #topic: string
  readonly #payload: Uint8Array
  readonly #isOurs: (response: string) => boolean
  #connector: Connector | null = null
  #hasConnected = false
  #requested = false
  #ending = false
  #outcome: string | number = ExitCode.Failure
  #done: (outcome: string | number) => void = () => {}

  /** `isOurs` is asked about each response: brokers send those to other admins, too. */
  constructor(settings: ClientSettings, io: Terminal, errors: ErrorOutput, topic: string, payload: string, isOurs: (response: string) => boolean) {
    this.#settings = settings
    this.#io = io
    this.#errors = errors
    this.#topic = topic
    this.#payload = Buffer.from(payload)
    this.#isOurs = isOurs
  }

  /** The response as text; or an exit code, when there is none and the reason has been printed. */
  async run(): Promise<string | number> {
    this.#connector = await makeConnector(this.#settings, this.#io, null, this)
    const timer = setTimeout(() => {
      this.#errors.print(`Error: No response on ${this.#topic}. Is it in force on this listener, and may this user read ${this.#topic}/response?`)
      this.#end(ExitCode.TimedOut)
    }, PATIENCE)
    const forget = this.#io.onSignal(() => this.#end(ExitCode.Interrupted))
    try {
      return await new Promise<string | number>((resolve) => {
        this.#done = resolve
        this.#connector!.start()
      })
    } finally {
      clearTimeout(timer)
      forget()
    }
  }

  connected(): void {
    this.#hasConnected = true
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 as const }
    this.#connector!.subscribe([{ topicFilter: `${this.#topic}/response`, qos: 1, ...options }], NO_PROPERTIES)
  }

  refused(connack: Connack): void {
    this.#errors.print(refusalLine(connack, this.#settings.version))
    this.#ending = true
    this.#outcome = refusalExitCode(connack, this.#settings.version)
    this.#connector!.destroy()
  }

  suback({ reasonCodes }: Suback): void {
    if (this.#ending || this.#requested) return
    const [reasonCode = 0x80] = reasonCodes
    if (reasonCode >= 0x80) {
      const why = this.#settings.version === 5 ? reasonName(reasonCode, PacketType.Suback) : 'Subscription refused.'
      this.#errors.print(`Subscribe error: ${why}`)
      this.#end(reasonCode)
      return
    }
    this.#requested = true
    const { qos } = this.#settings
    try {
      this.#connector!.publish({ topicName: this.#topic, payload: this.#payload, qos, retain: false, properties: NO_PROPERTIES })
    } catch (error) {
      this.#cannot(error)
    }
  }

  message({ payload }: Publish): void {
    const response = Buffer.from(payload).toString()
    if (!this.#ending && this.#isOurs(response)) this.#end(response)
  }

  delivered(_delivery: Delivery, acknowledgement: PublishAcknowledgement | null): void {
    if (this.#ending || acknowledgement === null || acknowledgement.reasonCode < 0x80) return
    this.#errors.print(`Publish error: ${reasonName(acknowledgement.reasonCode, PacketType.Puback)}`)
    this.#end(acknowledgement.reasonCode)
  }

  undelivered(_delivery: Delivery, error: Error): void {
    if (!this.#ending) this.#cannot(error)
  }

  stopped(error: MqttError | null): void {
    if (error !== null && !this.#ending) {
      const failure = stopFailure(error, this.#settings.usesTls && !this.#hasConnected)
      this.#errors.print(failure.text)
      this.#outcome = this.#hasConnected ? failure.exitCode : CtrlExitCode.NoConnection
    }
    this.#done(this.#outcome)
  }

  unsuback(): void {}
  drained(): void {}
  disconnected(): void {}
  reauthenticated(): void {}
  closed(): void {}
  waiting(): void {}

  #cannot(error: unknown): void {
    if (!(error instanceof LimitError || error instanceof UsageError)) throw error
    this.#errors.print(`Error: ${error.message}.`)
    this.#end(ExitCode.Failure)
  }

  #end(outcome: string | number): void {
    if (this.#ending) return
    this.#ending = true
    this.#outcome = outcome
    this.#connector!.disconnect(0, NO_PROPERTIES)
  }
}
