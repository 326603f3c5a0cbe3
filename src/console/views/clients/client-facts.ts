// The facts of a session as names and values; what the broker does not know is left out.
// Pure.

import type { ClientAnswer } from '../../../server/admin/api-types.ts'
import { ageText, bytesText, clockTime, countText } from '../../parts/format.ts'
import { spanText } from '../../parts/span-text.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { ClientsWords } from './clients-words.ts'

/** Names and values, in the order in which they are shown. */
export function factsOf(
  { client, tls }: ClientAnswer,
  { facts, causes }: ClientsWords,
  language: string,
  now: number,
): (readonly [name: string, value: string])[] {
  const { isOnline, connectedAt, disconnectedAt, endCause, keepAlive, lastHeardAt, sessionExpiry, cleanStart, listenerPort, transport } = client
  const rows: (readonly [string, string])[] = []
  const age = (since: number): string => spanText((now - since) / 1000)
  if (isOnline) rows.push([facts.connected, connectedAt === null ? facts.unknown : facts.since(clockTime(connectedAt), age(connectedAt))])
  else
    rows.push([
      facts.left,
      disconnectedAt === null ? facts.unknown : facts.leftAt(`${clockTime(disconnectedAt)} (${age(disconnectedAt)})`, causes[endCause ?? ''] ?? endCause ?? ''),
    ])
  if (listenerPort !== null && transport !== null) rows.push([facts.address, facts.listener(listenerPort, transport)])
  if (tls !== null)
    rows.push([
      facts.tls,
      [tls.version, tls.cipher, tls.subject]
        .filter((one) => one !== null)
        .map(visibleLine)
        .join(', '),
    ])
  if (keepAlive !== null) {
    const heard = lastHeardAt === null ? '' : `, ${facts.lastHeard(ageText(lastHeardAt, now, '0 s'))}`
    rows.push([facts.keepAlive, `${facts.keepAliveText(keepAlive)}${heard}`])
  }
  rows.push([facts.lifetime, sessionExpiry === null ? facts.forEver : sessionExpiry === 0 ? facts.ends : facts.kept(spanText(sessionExpiry))])
  if (cleanStart !== null) rows.push([facts.clean, cleanStart ? facts.yes : facts.no])
  if (client.inflightIn > 0) rows.push([facts.inbound, facts.inboundText(countText(client.inflightIn, language))])
  if (client.queued > 0) rows.push([facts.waiting, facts.waitingText(countText(client.queued, language), bytesText(client.queuedBytes))])
  return rows
}
