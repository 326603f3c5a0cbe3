// The broker's own stream of packets, from the admin API: a WebSocket whose binary messages are consecutive bytes of one pcapng.
// When it cannot be had, or breaks, our own recorder goes on (tab.ts).

import type { WebSocketMaker } from '../../client/browser.ts'
import type { StreamNotice } from '../../server/admin/api-types.ts'

export interface PacketStreamEvents {
  opened(): void
  bytes(bytes: Uint8Array): void
  /** We were too slow for the broker's ring. */
  missed(events: number, bytes: number): void
  closed(wasOpen: boolean): void
}

export class PacketStream {
  readonly #socket: InstanceType<WebSocketMaker>
  #isOpen = false

  /** Begins at once. */
  constructor(url: string, maker: WebSocketMaker, events: PacketStreamEvents) {
    const socket = new maker(url, [])
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.#isOpen = true
      events.opened()
    }
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) events.bytes(new Uint8Array(data))
      else if (typeof data === 'string') {
        const notice = noticeOf(data)
        if (notice?.type === 'skipped') events.missed(notice.events, notice.bytes)
      }
    }
    socket.onclose = () => {
      const wasOpen = this.#isOpen
      this.#isOpen = false
      events.closed(wasOpen)
    }
  }

  close(): void {
    this.#socket.onclose = this.#socket.onmessage = null
    this.#socket.close()
  }
}

/** Null: a server that says what we do not know is newer than we are. */
function noticeOf(text: string): StreamNotice | null {
  try {
    return JSON.parse(text) as StreamNotice
  } catch {
    return null
  }
}
