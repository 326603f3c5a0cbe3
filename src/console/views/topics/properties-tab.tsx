// The properties of a message by the standard's names, as they came: nothing is left out, binary ones in hexadecimal.
// Their table is src/wire/mqtt/properties.ts.

import type { JSX } from 'preact'
import type { Properties } from '../../../wire/mqtt/properties.ts'
import { propertyByName } from '../../../wire/mqtt/properties.ts'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { hexOf } from '../../worker/glance.ts'
import type { MessageDetail } from '../../worker/protocol.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { TOPICS } from './topics-words.ts'

/** Rows that the tab has. */
export function propertyCount(properties: Properties): number {
  return propertyRows(properties).length
}

export function PropertiesTab({ connection, message }: { readonly connection: Connection; readonly message: MessageDetail }): JSX.Element {
  const words = useApp().words(TOPICS)
  const rows = propertyRows(message.properties)
  const phase = connection.phase.value
  if (rows.length === 0) return <p class="muted">{phase.phase === 'live' && phase.version < 5 ? words.noProperties3 : words.noProperties}</p>
  return (
    <dl class="facts">
      {rows.map(([name, value], i) => (
        <div key={i} class="fact">
          <dt>{name}</dt>
          <dd class="foreign">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function propertyRows(properties: Properties): (readonly [name: string, value: string])[] {
  return Object.entries(properties).flatMap(([key, value]) => {
    const title = propertyByName(key)?.title ?? key
    if (key === 'userProperties')
      return (value as readonly (readonly [string, string])[]).map(([name, text]) => [title, `${visibleLine(name)} = ${visibleLine(text)}`] as const)
    if (Array.isArray(value)) return value.map((one) => [title, String(one)] as const)
    return [[title, value instanceof Uint8Array ? hexOf(value, 64) : visibleLine(String(value))] as const]
  })
}
