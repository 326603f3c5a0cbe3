// The lab with our own pub and sub against Debian's mosquitto. Same steps as test/lab.
// Over TCP and TLS, and over WebSocket when the build has it.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CommandKit } from '../lab/command-kit.ts'
import { exercises, type LabBroker } from '../lab/exercises.ts'
import type { Kit } from '../lab/kit.ts'
import { builtProgram } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'
import { Mosquitto } from './support/mosquitto.ts'

const certificate = (name: string): string => fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))
const command = (word: string): string[] => [process.execPath, builtProgram(), word]

const LISTENERS = {
  tcp: [],
  tls: [`certfile ${certificate('server.crt')}`, `keyfile ${certificate('server.key')}`],
  ws: ['protocol websockets'],
} as const satisfies Record<Kit['transports'][number], readonly string[]>

withTools(['mosquitto'], ({ mosquitto }) => {
  const hasWebSockets = !readFileSync(mosquitto).includes('Websockets support not available')
  const transports = hasWebSockets ? (['tcp', 'tls', 'ws'] as const) : (['tcp', 'tls'] as const)
  const start = (): Promise<LabBroker> =>
    Mosquitto.start(mosquitto, { listeners: transports.map((transport) => LISTENERS[transport]), options: ['sys_interval 1'] })
  exercises(new CommandKit("zanzara pub and sub with Debian's broker", transports, command('pub'), command('sub')), start)
})
