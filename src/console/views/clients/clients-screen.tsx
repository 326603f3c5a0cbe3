// The Clients screen: all sessions of the broker, a page of them at a time, and the chosen one beside them.
// Everything comes from the admin API of a broker of ours; what may be done depends on the role of who is logged in.

import './clients.css'
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { BrokerAnswer, ClientRow, ClientsAnswer } from '../../../server/admin/api-types.ts'
import { AdminProblem } from '../../parts/admin-problem.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Finder } from '../../parts/field.tsx'
import { countText } from '../../parts/format.ts'
import { EmptyState } from '../../parts/notice.tsx'
import { SplitPanes } from '../../parts/split-panes.tsx'
import { Segmented, Tabs } from '../../parts/tabs.tsx'
import { VirtualRows } from '../../parts/virtual-rows.tsx'
import { pathWith, queryValue, useAdmin } from '../../state/admin-api.ts'
import { useApp } from '../../state/app-context.ts'
import { useKeys } from '../../state/keyboard.ts'
import { useIsNarrow } from '../../state/row-height.ts'
import type { ScreenProps } from '../registry.ts'
import type { Kind } from '../security/directory.ts'
import { SecurityPane } from '../security/security-pane.tsx'
import { SECURITY } from '../security/security-words.ts'
import { AccessTester } from './access-tester.tsx'
import { ClientCells, ClientHead, type Sorting, type SortKey } from './client-cells.tsx'
import { ClientPane } from './client-pane.tsx'
import { CLIENTS, type ClientsWords } from './clients-words.ts'

const KINDS: readonly Kind[] = ['users', 'groups', 'roles']
const STATES = ['all', 'online', 'offline'] as const
const EVERY_MS = 2000
/** Rows asked for at a time, and from where: multiples of PAGE. */
const PAGE = 100
const ROWS = 300
const ROW = { wide: 32, narrow: 60 } as const

export function ClientsScreen({ connection }: ScreenProps): JSX.Element {
  const app = useApp()
  const words = app.words(CLIENTS)
  const base = connection.admin.value
  if (base !== null) return <WithSecurity base={base} words={words} isPaused={connection.paused.value} />
  const toTopics = (): void => {
    app.route.parameter('find').value = '$SYS'
    app.route.go('topics')
  }
  return (
    <section class="screen" aria-label={words.title}>
      <EmptyState title={words.foreign.title} action={<Button label={words.foreign.show} icon="topics" onClick={toTopics} />}>
        {words.foreign.text}
      </EmptyState>
    </section>
  )
}

/** Where dynamic security is in force administrators also see its users, groups and roles. */
function WithSecurity(props: SessionsProps): JSX.Element {
  const app = useApp()
  const { answer: broker } = useAdmin<BrokerAnswer>(props.base, 'broker', null)
  const shown = app.route.parameter('of')
  const hasDynsec = app.admin.role === 'admin' && broker?.listeners.some(({ hasDynsec: has }) => has) === true
  if (!hasDynsec) return <Sessions {...props} />
  const words = app.words(SECURITY)
  const kind = KINDS.find((one) => one === shown.value) ?? null
  return (
    <section class="screen" aria-label={props.words.title}>
      <Tabs
        label={props.words.title}
        tabs={[{ id: 'sessions', label: props.words.list }, ...KINDS.map((id) => ({ id, label: words.kinds[id] }))]}
        value={kind ?? 'sessions'}
        onChange={(next) => {
          shown.value = next === 'sessions' ? '' : next
        }}
      />
      {kind === null ? (
        <Sessions {...props} />
      ) : (
        <>
          <h1 class="for-readers">{words.kinds[kind]}</h1>
          <SecurityPane base={props.base} kind={kind} />
        </>
      )}
    </section>
  )
}

interface SessionsProps {
  readonly base: string
  readonly words: ClientsWords
  readonly isPaused: boolean
}

function Sessions({ base, words, isPaused }: SessionsProps): JSX.Element {
  const app = useApp()
  const language = app.settings.language.value
  const isNarrow = useIsNarrow()
  const find = app.route.parameter('clients')
  const wanted = app.route.parameter('state')
  const chosen = app.route.parameter('client')
  const state = STATES.find((one) => one === wanted.value) ?? 'all'
  const [sorting, setSorting] = useState<Sorting>({ key: 'id', order: 'asc' })
  const [offset, setOffset] = useState(0)
  const [pane, setPane] = useState<'list' | 'client'>(chosen.peek() === '' ? 'list' : 'client')
  const [isTesting, setTesting] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const everyMs = isPaused ? null : EVERY_MS
  const query = { search: find.value, state: state === 'all' ? null : state, sort: sorting.key, order: sorting.order, limit: ROWS, offset }
  const { answer, of, problem, ask } = useAdmin<ClientsAnswer>(base, pathWith('clients', query), everyMs)
  const first = Number(queryValue(of, 'offset') ?? 0)
  const rowAt = (index: number): ClientRow | null => answer?.rows[index - first] ?? null
  const active = answer === null || chosen.value === '' ? -1 : answer.rows.findIndex(({ id }) => id === chosen.value)
  const { role } = app.admin
  const mayAct = role === 'operator' || role === 'admin'
  useKeys({ '/': () => input.current?.focus(), a: () => setTesting(true) }, [
    ['/', words.keys.filter],
    ['A', words.keys.access],
  ])
  const states = STATES.map((id) => ({ id, label: `${words.states[id]}${answer === null ? '' : ` ${countText(countOf(answer, id), language)}`}` }))
  const sort = (key: SortKey): void => setSorting({ key, order: sorting.key === key && sorting.order === 'asc' ? 'desc' : 'asc' })
  const list =
    answer === null ? (
      <div class="pane" />
    ) : answer.matched === 0 ? (
      <EmptyState title={answer.total === 0 ? words.none : words.noneFits} />
    ) : (
      <VirtualRows
        class="client-rows"
        label={words.list}
        count={answer.matched}
        rowHeight={isNarrow ? ROW.narrow : ROW.wide}
        columnCount={11}
        header={<ClientHead sorting={sorting} onSort={sort} words={words} />}
        headerHeight={isNarrow ? 0 : 30}
        active={active < 0 ? -1 : first + active}
        onActive={(index) => {
          const row = rowAt(index)
          if (row === null) return
          chosen.value = row.id
          if (isNarrow) setPane('client')
        }}
        onOpen={() => setPane('client')}
        onRange={(from, to) => setOffset(from >= first && to <= first + answer.rows.length ? offset : Math.max(0, Math.floor(from / PAGE - 1) * PAGE))}
        attributes={(index) => {
          const row = rowAt(index)
          return { selected: row !== null && row.id === chosen.value, class: row?.isOnline === false ? 'client-asleep' : '' }
        }}
        render={(index) => {
          const row = rowAt(index)
          return row === null ? null : <ClientCells row={row} words={words} />
        }}
      />
    )
  const client =
    chosen.value === '' ? (
      <EmptyState title={words.nothingSelected} />
    ) : (
      <ClientPane key={chosen.value} base={base} id={chosen.value} everyMs={everyMs} mayAct={mayAct} onChange={ask} words={words} />
    )
  return (
    <section class="screen clients" aria-label={words.title}>
      <h1 class="for-readers">{words.title}</h1>
      <div class="bar">
        <Finder
          boxed
          label={words.find}
          placeholder={words.findHint}
          clearLabel={words.clear}
          value={find.value}
          onInput={(text) => {
            find.value = text
            setOffset(0)
          }}
          input={input}
          {...(answer === null || find.value === '' ? {} : { count: words.count(countText(answer.matched, language)) })}
        />
        <Segmented
          label={words.state}
          options={states}
          value={state}
          onChange={(id) => {
            wanted.value = id === 'all' ? '' : id
            setOffset(0)
          }}
        />
        <span class="spacer" />
        <Button label={words.access.title} icon="lock" kind="ghost" popup="dialog" onClick={() => setTesting(true)} />
      </div>
      {problem === null ? null : <AdminProblem problem={problem} />}
      {isNarrow ? (
        <>
          <Tabs
            class="pane-tabs"
            label={words.title}
            tabs={[
              { id: 'list', label: words.list },
              { id: 'client', label: words.detail },
            ]}
            value={pane}
            onChange={setPane}
          />
          {pane === 'list' ? list : client}
        </>
      ) : (
        <SplitPanes id="clients" direction="row" share={0.66} least={[520, 340]} label={words.split} first={list} second={client} />
      )}
      {isTesting ? (
        <Dialog kind="drawer" title={words.access.title} closeLabel={words.close} onClose={() => setTesting(false)}>
          <div class="dialog-body scroll">
            <AccessTester base={base} client={null} words={words} />
          </div>
        </Dialog>
      ) : null}
    </section>
  )
}

function countOf({ total, online }: ClientsAnswer, state: (typeof STATES)[number]): number {
  return state === 'all' ? total : state === 'online' ? online : total - online
}
