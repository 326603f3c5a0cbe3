// The port of plain MQTT of a connection's broker: a page knows the WebSocket's only, the admin API knows all listeners.
// Without it the usual port is taken.

import { useEffect, useState } from 'preact/hooks'
import type { BrokerAnswer } from '../../server/admin/api-types.ts'
import type { Connection } from './connection.ts'

const USUAL_PORT = 1883

export function usePlainPort(connection: Connection): number {
  const admin = connection.admin.value
  const [port, setPort] = useState(USUAL_PORT)
  useEffect(() => {
    if (admin === null) return
    plainPort(admin).then(setPort, () => {})
  }, [admin])
  return port
}

/** Host of an address such as `ws://localhost:9001/mqtt`, as command lines take it. */
export function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^\[|\]$/g, '')
  } catch {
    return 'localhost'
  }
}

async function plainPort(admin: string): Promise<number> {
  const response = await fetch(`${admin}/broker`, { headers: { accept: 'application/json' } })
  const { listeners } = (await response.json()) as BrokerAnswer
  return listeners.find(({ transport }) => transport === 'tcp')?.port ?? USUAL_PORT
}
