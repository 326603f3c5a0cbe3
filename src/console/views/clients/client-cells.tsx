// The head of the list of sessions and its rows. Columns by which the broker can sort are buttons.
// Under 700 px a row has two lines.

import type { JSX } from 'preact'
import type { ClientRow } from '../../../server/admin/api-types.ts'
import { Dot, Tag } from '../../parts/badge.tsx'
import { ageText, bytesText, countText } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { spanText } from '../../parts/span-text.ts'
import { CELL, COLUMN_HEAD, HEAD_ROW } from '../../parts/virtual-rows.tsx'
import { useApp } from '../../state/app-context.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import type { ClientsWords } from './clients-words.ts'

/** Columns by which the broker sorts. */
export type SortKey = 'id' | 'user' | 'address' | 'inflightOut' | 'queued' | 'lastHeardAt' | 'bytesIn'

export interface Sorting {
  readonly key: SortKey
  readonly order: 'asc' | 'desc'
}

type Column = keyof ClientsWords['columns']
/** In their order; with the key to sort by, if there is one. */
const COLUMNS: readonly (readonly [column: Column, key: SortKey | null, isNumber: boolean])[] = [
  ['id', 'id', false],
  ['user', 'user', false],
  ['address', 'address', false],
  ['version', null, false],
  ['keepAlive', null, true],
  ['session', null, false],
  ['inflight', 'inflightOut', true],
  ['queued', 'queued', true],
  ['lastHeardAt', 'lastHeardAt', true],
  ['bytes', 'bytesIn', true],
]

export interface ClientHeadProps {
  readonly sorting: Sorting
  readonly onSort: (key: SortKey) => void
  readonly words: ClientsWords
}

export function ClientHead({ sorting, onSort, words }: ClientHeadProps): JSX.Element {
  const explained: Partial<Readonly<Record<Column, string>>> = words.explained
  return (
    <div class="row-head client-columns wide-only" {...HEAD_ROW}>
      <span {...COLUMN_HEAD}>
        <span class="for-readers">{words.state}</span>
      </span>
      {COLUMNS.map(([column, key, isNumber]) => {
        const text = words.columns[column]
        const isSorted = key === sorting.key
        return (
          <span
            key={column}
            {...COLUMN_HEAD}
            {...(key === null ? {} : { 'aria-sort': isSorted ? (`${sorting.order}ending` as const) : ('none' as const) })}
            class={`client-${column} ${isNumber ? 'num' : ''}`}
            title={explained[column]}
          >
            {key === null ? (
              text
            ) : (
              <button
                type="button"
                class={`client-sort ${isSorted ? 'client-sorted' : ''}`}
                title={words.sortBy(explained[column] ?? text)}
                onClick={() => onSort(key)}
              >
                {text}
                {isSorted ? <Icon name={sorting.order === 'asc' ? 'down' : 'up'} /> : null}
              </button>
            )}
          </span>
        )
      })}
    </div>
  )
}

export function ClientCells({ row, words }: { readonly row: ClientRow; readonly words: ClientsWords }): JSX.Element {
  const language = useApp().settings.language.value
  const id = visibleLine(row.id)
  const count = (value: number): string => countText(value, language)
  return (
    <div class="client-columns client-cells" role="presentation">
      <span class="client-dot" {...CELL} title={row.isOnline ? words.online : words.asleep}>
        <Dot kind={row.isOnline ? 'live' : 'off'} />
        <span class="for-readers">{row.isOnline ? words.online : words.asleep}</span>
      </span>
      <span class="client-id cut foreign" {...CELL} title={id}>
        {id === '' ? words.noId : id}
      </span>
      <span class="client-user cut foreign" {...CELL}>
        {row.user === null ? '' : visibleLine(row.user)}
      </span>
      <span class="client-address cut" {...CELL} title={row.port === null ? undefined : `${row.address}:${row.port}`}>
        {row.address}
      </span>
      <span class="client-version" {...CELL}>
        {row.version}
      </span>
      <span class="client-keepAlive num" {...CELL}>
        {row.keepAlive}
      </span>
      <span class={`client-session cut ${row.sessionExpiry === 0 ? 'muted' : ''}`} {...CELL}>
        {row.sessionExpiry === null ? words.forEver : row.sessionExpiry === 0 ? words.ends : spanText(row.sessionExpiry)}
      </span>
      <span class={`client-inflight num ${row.inflightIn + row.inflightOut === 0 ? 'muted' : ''}`} {...CELL}>
        {row.inflightIn + row.inflightOut === 0 ? '0' : `${count(row.inflightIn)} / ${count(row.inflightOut)}`}
      </span>
      <span class="client-queued num" {...CELL}>
        {row.queued === 0 ? <span class="muted">0</span> : <Tag kind="warn">{count(row.queued)}</Tag>}
      </span>
      <span class="client-lastHeardAt num" {...CELL}>
        {ageText(row.lastHeardAt ?? row.disconnectedAt ?? 0, Date.now(), words.now)}
      </span>
      <span class="client-bytes num" {...CELL}>
        {row.isOnline ? bytesText(row.bytesIn + row.bytesOut) : ''}
      </span>
    </div>
  )
}
