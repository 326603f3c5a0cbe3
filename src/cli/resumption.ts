// What --reconnect of pub leaves behind: before MQTT 5 a session that can be resumed never expires, so it is taken away at the end.
// Only where the user did not ask for a kept session (-c).

import { Connector, type ConnectorEvents } from '../client/reconnect.ts'
import type { Connect } from '../wire/mqtt/packet.ts'
import { connectorOptions } from './client-connector.ts'
import type { ClientSettings } from './client-settings.ts'
import type { Terminal } from './terminal.ts'

/** What the server may take for it; the messages have arrived, so nobody waits long. */
const PATIENCE_MS = 2000

/** Connects once more, with Clean Session, and leaves [MQTT-3.1.2-6]. Never fails: a session left behind is no failure of the publishing. */
export async function forgetSession(settings: ClientSettings, connect: Connect, io: Terminal): Promise<void> {
  const options = await connectorOptions(settings, io, { ...connect, cleanStart: true, will: null })
  await new Promise<void>((resolve) => {
    const nothing = (): void => {}
    const events: ConnectorEvents = {
      connected: () => connector.disconnect(),
      refused: () => connector.destroy(),
      stopped: () => {
        clearTimeout(timer)
        resolve()
      },
      message: nothing,
      delivered: nothing,
      undelivered: nothing,
      suback: nothing,
      unsuback: nothing,
      drained: nothing,
      disconnected: nothing,
      reauthenticated: nothing,
      closed: nothing,
      waiting: nothing,
    }
    const connector = new Connector({ ...options, reconnect: null }, events)
    const timer = setTimeout(() => connector.destroy(), PATIENCE_MS)
    connector.start()
  })
}
