// `$CONTROL/broker/v1`: what `ctrl broker` asks for, the listeners and plugins of this broker.
// In force with `enable_control_api true`; who may publish there is the authorisers' affair.

import { type Answer, respond, UNKNOWN_COMMAND } from '../auth/dynsec/request.ts'
import type { Log } from '../base/log.ts'
import type { Administration } from '../broker/administration.ts'
import type { ControlHandler } from '../broker/ports.ts'
import type { Configuration, ListenerConfiguration } from '../config/configuration.ts'
import { IDLE_PLUGINS } from '../config/resolve.ts'

export const BROKER_CONTROL_TOPIC = '$CONTROL/broker/v1'

export class BrokerControl implements ControlHandler {
  readonly #log: Log
  #configuration: Configuration | null = null
  #administration: Administration | null = null

  constructor(log: Log) {
    this.#log = log
  }

  serve(administration: Administration): void {
    this.#administration = administration
  }

  /** What is told from now on. */
  tellOf(configuration: Configuration): void {
    this.#configuration = configuration
  }

  request(_clientId: string, _userName: string | null, payload: Uint8Array): void {
    respond(payload, (command) => this.#run(command))
      .then((text) => this.#answer(`${BROKER_CONTROL_TOPIC}/response`, text))
      .catch((error: unknown) => this.#log.write('error', `Error: a request on ${BROKER_CONTROL_TOPIC} was not answered: ${(error as Error).message}`))
  }

  /** What is published to topics below `$CONTROL` that nobody takes is answered, too. */
  readonly others: ControlHandler = {
    request: (_clientId, _userName, _payload, topicName) => this.#answer(`${topicName}/response`, JSON.stringify({ error: 'endpoint not available' })),
  }

  #answer(topicName: string, text: string): void {
    this.#administration?.answer(({ controls }) => controls?.get(BROKER_CONTROL_TOPIC) === this, topicName, Buffer.from(text))
  }

  #run(command: string): Answer {
    const { listeners, localOnly, allPlugins } = this.#configuration!
    const inForce = allPlugins.filter(({ known }) => !IDLE_PLUGINS.has(known))
    switch (command) {
      case 'listListeners':
        return { data: { listeners: (localOnly === null ? listeners : [localOnly]).map(describeListener) } }
      case 'listPlugins':
        return {
          data: {
            plugins: inForce.map(({ known, path }) => ({
              name: (known ?? path).replaceAll('_', '-'),
              'control-endpoints': known === 'dynamic_security' ? ['$CONTROL/dynamic-security/v1'] : [],
            })),
          },
        }
      default:
        return UNKNOWN_COMMAND
    }
  }
}

function describeListener({ port, host, unixPath, protocol, certfile, pskHint }: ListenerConfiguration): Readonly<Record<string, unknown>> {
  return {
    port: unixPath === null ? port : 0,
    protocol: protocol === 'websockets' ? 'mqtt+websockets' : protocol,
    ...(unixPath === null ? {} : { 'socket-path': unixPath }),
    ...(host === null ? {} : { 'bind-address': host }),
    tls: certfile !== null || pskHint !== null,
  }
}
