// What the console connects to by itself: the broker that served the page, if it says that it is one, after a login where one is needed. Else it asks.
// Public brokers are only listed: nothing is contacted before somebody wants it.

import { ADMIN } from '../../state/admin-session.ts'
import type { App } from '../../state/app.ts'
import { EMPTY_PROFILE } from '../../state/connections.ts'
import type { Profile } from '../../worker/protocol.ts'

/** Opens the broker of the page, or shows a form. `token`: of a first link. */
export async function openFirst(app: App, token: string | null): Promise<void> {
  const session = location.protocol.startsWith('http') ? await app.admin.begin() : null
  // a file may have been dropped in the meantime
  const isUntouched = app.overlay.peek() === null && app.connections.list.peek().length === 0
  if (session === null) app.overlay.value = isUntouched ? 'connect' : app.overlay.peek()
  else if (session.role !== null || (token !== null && (await app.admin.login(token)) === 'ok')) await openOwn(app)
  else app.overlay.value = 'login'
}

/** A tab for the broker of the page, with its stream of packets. */
export async function openOwn(app: App): Promise<void> {
  const login = app.admin.session.value?.mqttLogin ?? null
  const profile = login === null ? pageProfile() : { ...pageProfile(), ...login }
  await app.connections.open({ ...profile, stream: `${webSocketOrigin()}${ADMIN}/stream` }, ADMIN)
}

/** The broker that serves this page, were there one. */
export function pageProfile(): Profile {
  return { ...EMPTY_PROFILE, name: location.hostname, url: `${webSocketOrigin()}/mqtt` }
}

function webSocketOrigin(): string {
  return location.origin.replace(/^http/, 'ws')
}
