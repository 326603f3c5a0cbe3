// Tells systemd how far we are (sd_notify), when it asked to be told: NOTIFY_SOCKET is set.
// Node has no datagram sockets of this kind, so the program systemd-notify says it for us; the unit needs NotifyAccess=all.

import { execFile } from 'node:child_process'

/** What systemd is told. */
export type ServiceState = 'ready' | 'reloading' | 'stopping'

const ASSIGNMENTS: Readonly<Record<ServiceState, string>> = { ready: 'READY=1', reloading: 'RELOADING=1', stopping: 'STOPPING=1' }

/** Resolves when it has been told, or at once when nobody asks. Gives the reason when it could not be told. */
export function tellService(state: ServiceState, env: Readonly<Record<string, string | undefined>>): Promise<string | null> {
  if (!env['NOTIFY_SOCKET']) return Promise.resolve(null)
  return new Promise((resolve) => {
    execFile('systemd-notify', [`--pid=${process.pid}`, ASSIGNMENTS[state]], { env: env as NodeJS.ProcessEnv, timeout: 5000 }, (error) => {
      resolve(error === null ? null : `systemd was not told that this service is ${state}: ${error.message.trim()}`)
    })
  })
}
