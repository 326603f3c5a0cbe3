// `zanzara sub` (mosquitto_sub): subscribes to everything in one packet and prints what comes, until told or asked to end.
// A lost connection is made again, one second later; the subscriptions are then made again, too.

import type { MqttError } from '../client/errors.ts'
import type { Connector, ConnectorEvents } from '../client/reconnect.ts'
import { LimitError } from '../session/client-limits.ts'
import { UsageError } from '../wire/errors.ts'
import type { Connack, Publish, Suback, SubscriptionRequest } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import { topicMatchesFilter } from '../wire/mqtt/topics.ts'
import { ErrorOutput, runClientCommand } from './client-command.ts'
import { propertiesOf } from './client-connect.ts'
import { EVERY_SECOND, makeConnector, refusalExitCode, refusalLine, stopFailure } from './client-connector.ts'
import type { ClientSettings } from './client-settings.ts'
import { ExitCode } from './exit-codes.ts'
import { messagePrinter } from './message-printer.ts'
import { MessageRate } from './message-rate.ts'
import type { Terminal } from './terminal.ts'

/** DISCONNECT with it leaves the will to be published [MQTT-3.14.4-3]. */
const DISCONNECT_WITH_WILL = 0x04

/** Runs the command; returns its exit code. */
export function runSub(argv: readonly string[], io: Terminal): Promise<number> {
  return runClientCommand('sub', argv, io, (settings) => new Subscriber(settings, io).run())
}

/** One run of the command, from connecting to the exit code. */
class Subscriber implements ConnectorEvents {
  readonly #settings: ClientSettings
  readonly #io: Terminal
  readonly #errors: ErrorOutput
  #connector: Connector | null = null
  #everConnected = false
  /** Messages are printed; false from the moment that the end is decided. */
  #printing = true
  /** Messages taken for printing, also those that --random-filter then dropped: what -C counts. */
  #taken = 0
  #print: (message: Publish) => void = () => {}
  /** --message-rate */
  readonly #rate: MessageRate | null
  /** Retained messages being cleared, whose acknowledgement is awaited before the end. */
  #removals = 0
  /** Set while no connector is at work. */
  #pause: NodeJS.Timeout | null = null
  #exitCode = 0
  #failed = false
  #done: (exitCode: number) => void = () => {}

  constructor(settings: ClientSettings, io: Terminal) {
    this.#settings = settings
    this.#io = io
    this.#errors = new ErrorOutput(io, settings.quiet)
    this.#rate = settings.messageRate ? new MessageRate((line) => io.stdout.write(line)) : null
  }

  async run(): Promise<number> {
    const { timeout, version } = this.#settings
    this.#print = await messagePrinter(this.#settings, this.#io.stdout, this.#errors)
    const polite = version === 5 ? DISCONNECT_WITH_WILL : 0
    const timer =
      timeout === null
        ? null
        : setTimeout(() => {
            this.#rate?.end()
            this.#errors.print('Timed out')
            this.#exitCode = ExitCode.TimedOut
            this.#endNow(polite)
          }, timeout * 1000)
    let signals = 0
    const stopListening = this.#io.onSignal(() => {
      if (++signals > 1) this.#connector?.destroy() // asked again: no more manners
      if (!this.#everConnected) this.#exitCode = ExitCode.Interrupted
      this.#endNow(polite)
    })
    this.#io.stdout.onClosed(() => this.#endNow(0))
    try {
      return await new Promise<number>((resolve, reject) => {
        this.#done = resolve
        this.#open().catch(reject)
      })
    } finally {
      if (timer !== null) clearTimeout(timer)
      this.#rate?.end()
      stopListening()
    }
  }

  connected(): void {
    this.#everConnected = true
    this.#rate?.start()
    const { topics, unsubscribe } = this.#settings
    const connector = this.#connector!
    try {
      if (topics.length > 0)
        connector.subscribe(
          topics.map((topic) => this.#request(topic)),
          propertiesOf(this.#settings, 'subscribe'),
        )
      for (const filter of unsubscribe) connector.unsubscribe([filter], propertiesOf(this.#settings, 'unsubscribe'))
    } catch (error) {
      if (!(error instanceof LimitError || error instanceof UsageError)) throw error
      this.#errors.print(`Error: ${error.message}.`)
      this.#exitCode = error instanceof LimitError ? ExitCode.NotSupported : ExitCode.Failure
      this.#end()
    }
  }

  refused(connack: Connack): void {
    this.#failed = true
    this.#exitCode = refusalExitCode(connack, this.#settings.version)
    this.#errors.print(refusalLine(connack, this.#settings.version))
    this.#connector!.destroy()
  }

  suback({ packetId, reasonCodes }: Suback): void {
    if (this.#settings.debug && !this.#settings.quiet) this.#io.stdout.write(`Subscribed (mid: ${packetId}): ${reasonCodes.join(', ')}\n`)
    if (reasonCodes.every((code) => code >= 0x80)) {
      this.#errors.print('All subscription requests were denied.')
      this.#end()
    } else if (this.#settings.exitAfterSubscribing) this.#end()
  }

  message(message: Publish): void {
    if (this.#rate !== null) {
      this.#rate.add()
      return
    }
    if (!this.#printing) return
    const { retainedOnly, noRetained, removeRetained, filterOut, randomFilter, count } = this.#settings
    if (retainedOnly && !message.retain) {
      this.#end()
      return
    }
    if (noRetained && message.retain) return
    for (const filter of filterOut) if (topicMatchesFilter(filter, message.topicName)) return
    if (removeRetained && message.retain) this.#remove(message.topicName)
    if (randomFilter >= 100 || Math.random() * 100 < randomFilter) {
      this.#print(message)
      if (this.#io.stdout.full) this.#waitForReader()
    }
    if (++this.#taken === count) this.#end()
  }

  delivered(): void {
    this.#removed()
  }

  undelivered(): void {
    this.#removed()
  }

  waiting(error: MqttError): void {
    if (error.code !== 'PROTOCOL_ERROR') return
    this.#fail(error) // trying again would not teach the server
    this.#connector!.destroy()
  }

  stopped(error: MqttError | null): void {
    if (error !== null && this.#printing && this.#isWorthAnother(error)) {
      this.#again()
      return
    }
    if (error !== null && !this.#failed && this.#printing) this.#fail(error)
    this.#done(this.#exitCode)
  }

  unsuback(): void {}
  drained(): void {}
  disconnected(): void {}
  reauthenticated(): void {}
  closed(): void {}

  #request(topicFilter: string): SubscriptionRequest {
    const { qos, version, retainAsPublished, retainHandling } = this.#settings
    if (version !== 5) return { topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 }
    return { topicFilter, qos, noLocal: false, retainAsPublished, retainHandling }
  }

  #fail(error: MqttError): void {
    const failure = stopFailure(error, this.#settings.usesTls && !this.#everConnected)
    this.#failed = true
    this.#errors.print(failure.text)
    this.#exitCode = failure.exitCode
  }

  /**
   * The server sent us away for good, as when another client took our Client Identifier: Mosquitto's client comes back all the same. And it does when
   * somebody answered and hung up before CONNACK; with TLS that is how a server refuses our certificate.
   */
  #isWorthAnother({ code }: MqttError): boolean {
    return code === 'SERVER_DISCONNECTED' || (code === 'CONNECTION_LOST' && !this.#settings.usesTls)
  }

  #again(): void {
    this.#pause = setTimeout(() => {
      this.#pause = null
      this.#open(true).catch((error: unknown) => {
        this.#errors.print(`Error: ${error instanceof Error ? error.message : String(error)}.`)
        this.#done(ExitCode.Failure)
      })
    }, EVERY_SECOND.minMs)
  }

  async #open(isAgain = false): Promise<void> {
    const connector = await makeConnector(this.#settings, this.#io, EVERY_SECOND, this, isAgain)
    this.#connector = connector
    if (this.#printing) connector.start()
    else this.#done(this.#exitCode) // told to end meanwhile
  }

  /** Reads no more from the server until what was printed has been taken. */
  #waitForReader(): void {
    this.#connector!.connection?.pause()
    this.#io.stdout.onDrained(() => this.#connector!.connection?.resume())
  }

  /** A retained message with an empty payload clears the one that is kept [MQTT-3.3.1-6]. */
  #remove(topicName: string): void {
    this.#removals++
    this.#connector!.publish({ topicName, payload: new Uint8Array(0), qos: 1, retain: true, properties: NO_PROPERTIES })
  }

  #removed(): void {
    this.#removals--
    if (!this.#printing && this.#removals === 0) this.#endNow(0)
  }

  /** Prints no more; ends as soon as nothing is left to be cleared. */
  #end(): void {
    this.#printing = false
    if (this.#removals === 0) this.#endNow(0)
  }

  /** Says DISCONNECT if there is a connection; `stopped` follows. */
  #endNow(reasonCode: number): void {
    this.#printing = false
    if (this.#pause !== null) {
      // between two connectors: nobody to say goodbye to
      clearTimeout(this.#pause)
      this.#done(this.#exitCode)
    } else this.#connector?.disconnect(reasonCode, propertiesOf(this.#settings, 'disconnect'))
  }
}
