// A client's unfinished messages in the storage of a browser, or in anything that keeps texts by name as it does.
// One entry for each message, so that nothing is written but what changes.

import type { JournaledDelivery, StoredSession } from '../session/client-journal.ts'
import type { Publish } from '../wire/mqtt/packet.ts'
import { MqttError } from './errors.ts'
import type { ClientStore } from './options.ts'
import { deliveryBytes, deliveryOf, publishBytes, publishOf } from './stored-message.ts'

/** What is used of `localStorage`. */
export interface TextStorage {
  readonly length: number
  key(index: number): string | null
  getItem(name: string): string | null
  setItem(name: string, text: string): void
  removeItem(name: string): void
}

/** For `connect(url, { clientId, store: webStore(localStorage, 'lamp') })`. `name` tells stores in one storage apart. */
export function webStore(storage: TextStorage, name: string): ClientStore {
  const outgoing = `${name} out `
  const incoming = `${name} in `
  return {
    open: () => readSession(storage, outgoing, incoming),
    close: () => {},
    outgoing: (delivery: JournaledDelivery) => {
      try {
        storage.setItem(outgoing + delivery.key, textOf(deliveryBytes(delivery)))
      } catch (error) {
        if (delivery.packetId === 0) throw new MqttError('STORE_FAILED', 'the storage takes no more', { hint: 'is it full?', cause: error })
      }
    },
    outgoingDone: (key) => storage.removeItem(outgoing + key),
    incoming: (publish: Publish) => {
      try {
        storage.setItem(incoming + publish.packetId, textOf(publishBytes(publish)))
      } catch {
        // a full storage: the message is kept in memory only, as without a store
      }
    },
    incomingDone: (packetId) => storage.removeItem(incoming + packetId),
  }
}

function readSession(storage: TextStorage, outgoing: string, incoming: string): StoredSession {
  const deliveries: JournaledDelivery[] = []
  const publishes: Publish[] = []
  for (let i = 0; i < storage.length; i++) {
    const name = storage.key(i)!
    if (name.startsWith(outgoing)) deliveries.push(deliveryOf(Number(name.slice(outgoing.length)), bytesOf(storage.getItem(name)!)))
    else if (name.startsWith(incoming)) publishes.push(publishOf(bytesOf(storage.getItem(name)!)))
  }
  return { outgoing: deliveries.sort((a, b) => a.key - b.key), incoming: publishes }
}

declare function btoa(text: string): string
declare function atob(text: string): string

/** Base64. */
function textOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
}
