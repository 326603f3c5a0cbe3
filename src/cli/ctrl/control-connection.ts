// A lasting connection for control requests, one after the other: the shell's. One request and goodbye is control-exchange.ts.
// What fails is a sentence for people; nothing here prints.

import type { MqttError } from '../../client/errors.ts'
import type { Connector, ConnectorEvents } from '../../client/reconnect.ts'
import type { Delivery } from '../../session/client-effects.ts'
import type { Connack, Publish, PublishAcknowledgement, Suback } from '../../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../wire/mqtt/properties.ts'
import { makeConnector, refusalLine, stopFailure } from '../client-connector.ts'
import type { ClientSettings } from '../client-settings.ts'
import type { Terminal } from '../terminal.ts'

/** Milliseconds that a broker has for each answer. */
const PATIENCE = 5000
export const NO_ANSWER = 'Timed out with no response.'

/** It went wrong: why, as lines for people. */
export class ControlFailure extends Error {
  override readonly name = 'ControlFailure'
}

interface Waiting {
  readonly isOurs: (response: string) => boolean
  readonly resolve: (response: string) => void
  readonly reject: (failure: ControlFailure) => void
}

export class ControlConnection implements ConnectorEvents {
  readonly #settings: ClientSettings
  readonly #io: Terminal
  readonly #lost: (why: string) => void
  #connector: Connector | null = null
  #waiting: Waiting | null = null
  #isConnected = false
  #isClosing = false
  #ended: () => void = () => {}
  readonly #end: Promise<void>

  /** `lost` is told when the broker goes away between two requests. */
  constructor(settings: ClientSettings, io: Terminal, lost: (why: string) => void) {
    this.#settings = settings
    this.#io = io
    this.#lost = lost
    this.#end = new Promise((resolve) => {
      this.#ended = resolve
    })
  }

  /** Connects. @throws ControlFailure, ArgumentError for files that cannot be read */
  async open(): Promise<void> {
    this.#connector = await makeConnector(this.#settings, this.#io, null, this)
    await this.#wait(
      () => this.#connector!.start(),
      () => false,
    )
    this.#isConnected = true
  }

  /** Reads answers on this topic from now on. @throws ControlFailure */
  async listen(topic: string): Promise<void> {
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 as const }
    await this.#wait(
      () => void this.#connector!.subscribe([{ topicFilter: topic, qos: 1, ...options }], NO_PROPERTIES),
      () => false,
    )
  }

  /** Sends a request; the answer is the first message that `isOurs`. @throws ControlFailure */
  async ask(topicName: string, request: string, isOurs: (response: string) => boolean): Promise<string> {
    const { qos } = this.#settings
    const message = { topicName, payload: Buffer.from(request), qos, retain: false, properties: NO_PROPERTIES }
    return await this.#wait(() => void this.#connector!.publish(message), isOurs)
  }

  /** Ends what waits, and says goodbye. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#fail('Interrupted.')
    if (this.#connector === null) return
    if (this.#isConnected) this.#connector.disconnect(0, NO_PROPERTIES)
    else this.#connector.destroy()
    await this.#end
  }

  connected(): void {
    this.#answer('')
  }

  refused(connack: Connack): void {
    this.#fail(refusalLine(connack, this.#settings.version))
    this.#isClosing = true
    this.#connector!.destroy()
  }

  suback({ reasonCodes: [reasonCode = 0x80] }: Suback): void {
    if (reasonCode < 0x80) this.#answer('')
    else this.#fail('Subscribe failed, check you have permission to access this module.')
  }

  message({ payload }: Publish): void {
    const response = Buffer.from(payload).toString()
    if (this.#waiting?.isOurs(response) === true) this.#answer(response)
  }

  delivered(_delivery: Delivery, acknowledgement: PublishAcknowledgement | null): void {
    if (acknowledgement !== null && acknowledgement.reasonCode >= 0x80) this.#fail('Publish failed, check you have permission to access this module.')
  }

  undelivered(_delivery: Delivery, error: Error): void {
    this.#fail(`Error: ${error.message}`)
  }

  stopped(error: MqttError | null): void {
    const why = error === null ? 'The connection has ended.' : stopFailure(error, this.#settings.usesTls && !this.#isConnected).text
    const isAsked = this.#waiting !== null
    this.#fail(why)
    this.#ended()
    if (this.#isConnected && !this.#isClosing) this.#lost(isAsked ? '' : why)
  }

  unsuback(): void {}
  drained(): void {}
  disconnected(): void {}
  reauthenticated(): void {}
  closed(): void {}
  waiting(): void {}

  async #wait(begin: () => void, isOurs: Waiting['isOurs']): Promise<string> {
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<string>((resolve, reject) => {
        this.#waiting = { isOurs, resolve, reject }
        timer = setTimeout(() => this.#fail(NO_ANSWER), PATIENCE)
        try {
          begin()
        } catch (error) {
          this.#fail(`Error: ${(error as Error).message}.`)
        }
      })
    } finally {
      clearTimeout(timer)
    }
  }

  #answer(response: string): void {
    this.#waiting?.resolve(response)
    this.#waiting = null
  }

  #fail(why: string): void {
    this.#waiting?.reject(new ControlFailure(why))
    this.#waiting = null
  }
}
