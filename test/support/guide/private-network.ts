// A network of one page's own: a Linux network namespace with nothing but its loopback interface, so that every page may use port 1883.
// Where namespaces may not be made (other systems, some containers) there is none, and pages that listen are not run.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

export interface PrivateNetwork {
  /** To put before a command. */
  readonly prefix: readonly string[]
  close(): void
}

/** Readers of the pages are not root, whose brokers become another user: whom root's tests run commands as. */
export const READER = 65_534

const HOLD = 'echo ready $$ && exec sleep 900'

/** Who is not root becomes it to make a network, and then somebody else again, in one namespace for all commands: they see each other. */
const WAYS: readonly { readonly flags: string; readonly hold: string }[] = [
  { flags: '-n', hold: HOLD },
  { flags: '-rn', hold: `{ unshare --map-user=${READER} --map-group=${READER} sh -c '${HOLD}' & exec sleep 900; }` },
]

/** How namespaces can be made here; null = they cannot. */
const way =
  process.platform === 'linux'
    ? (WAYS.find(({ flags }) => spawnSync('unshare', [flags, 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' }).status === 0) ?? null)
    : null

export const hasPrivateNetworks: boolean = way !== null

/** @throws Error when it cannot be made */
export async function openPrivateNetwork(): Promise<PrivateNetwork> {
  const { flags, hold } = way!
  const holder: ChildProcess = spawn('unshare', [flags, 'sh', '-c', `ip link set lo up && ${hold}`], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [chunk] = await Promise.race([once(holder.stdout!, 'data'), once(holder, 'exit')])
  const [, reader] = /^ready (\d+)\n$/.exec(String(chunk)) ?? []
  if (reader === undefined) throw new Error('a network namespace cannot be made')
  const network = ['nsenter', '-n', '-t', String(holder.pid)]
  const prefix =
    flags === '-n'
      ? [...network, '-S', String(READER), '-G', String(READER)]
      : [...network, '-U', '--preserve-credentials', 'nsenter', '-U', '--preserve-credentials', '-t', reader]
  return {
    prefix,
    close: () => {
      for (const pid of new Set([Number(reader), holder.pid!])) process.kill(pid, 'SIGKILL')
    },
  }
}
