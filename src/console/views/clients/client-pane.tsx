// The chosen session: who it is, what can be done about it, and its parts: overview, subscriptions, queue, access.
// Asked again every two seconds; when the session is over the pane says so and keeps what it knew.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ActionAnswer, ClientAnswer } from '../../../server/admin/api-types.ts'
import { Dot } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { countText } from '../../parts/format.ts'
import { Menu, type MenuItem } from '../../parts/menu.tsx'
import { EmptyState, Strip } from '../../parts/notice.tsx'
import { ScrollRegion } from '../../parts/scroll-region.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { AdminError, pathWith, tellAdmin, useAdmin } from '../../state/admin-api.ts'
import { useApp } from '../../state/app-context.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { AccessTester } from './access-tester.tsx'
import { ClientOverview } from './client-overview.tsx'
import { ClientQueue } from './client-queue.tsx'
import { ClientSubscriptions } from './client-subscriptions.tsx'
import type { ClientsWords } from './clients-words.ts'
import { DropSession } from './drop-session.tsx'
import { useTraffic } from './traffic.ts'

const PARTS = ['overview', 'subscriptions', 'queue', 'access'] as const
type Part = (typeof PARTS)[number]

/** Reason Codes to disconnect with; the first is the usual one. */
const REASONS = ['152', '135', '137', '139', '142', '151', '156'] as const

export interface ClientPaneProps {
  readonly base: string
  readonly id: string
  readonly everyMs: number | null
  readonly mayAct: boolean
  /** Something was done: the list is out of date. */
  readonly onChange: () => void
  readonly words: ClientsWords
}

export function ClientPane({ base, id, everyMs, mayAct, onChange, words }: ClientPaneProps): JSX.Element {
  const app = useApp()
  const { answer, problem, ask } = useAdmin<ClientAnswer>(base, pathWith('client', { id }), everyMs)
  const traffic = useTraffic(answer)
  const shown = app.route.parameter('about')
  const part: Part = PARTS.find((one) => one === shown.value) ?? 'overview'
  const [told, setTold] = useState<{ readonly text: string; readonly isBad: boolean } | null>(null)
  const [isDropping, setDropping] = useState(false)
  const isGone = problem?.status === 404
  if (answer === null)
    return problem === null ? <div class="pane" /> : <EmptyState title={isGone ? words.gone : problem.status === 0 ? words.noAnswer : problem.message} />
  const { client } = answer
  const act = async (path: string, body: object, more = ''): Promise<boolean> => {
    try {
      const { done, message } = await tellAdmin<ActionAnswer>(base, path, { id, ...body })
      setTold({ text: done && more !== '' ? `${message} ${more}` : message, isBad: !done })
      ask()
      onChange()
      return done
    } catch (error) {
      setTold({ text: error instanceof AdminError && error.message !== '' ? error.message : words.noAnswer, isBad: true })
      return false
    }
  }
  const disconnect = (reasonCode: number): void => void act('client/disconnect', { reasonCode }, words.mayReturn)
  const items: MenuItem[] = [
    { id: 'copy', label: words.copyId, icon: 'copy', onSelect: () => void app.copy(id) },
    ...(client.port === null
      ? []
      : [
          {
            id: 'packets',
            label: words.showPackets,
            icon: 'packets',
            onSelect: () => {
              app.route.parameter('filter').value = `tcp.port == ${client.port}`
              app.route.go('packets')
            },
          } as const,
        ]),
    ...(mayAct && client.isOnline
      ? REASONS.map(
          (code) => ({ id: code, label: `${words.disconnect}: ${words.reasons[code]}`, icon: 'close', onSelect: () => disconnect(Number(code)) }) as const,
        )
      : []),
    ...(mayAct ? [{ id: 'drop', label: words.drop, icon: 'trash', danger: true, onSelect: () => setDropping(true) } as const] : []),
  ]
  return (
    <div class="pane client">
      <div class="client-head">
        <Dot kind={client.isOnline && !isGone ? 'live' : 'off'} />
        <h2 class="client-title foreign cut" title={visibleLine(id)}>
          {visibleLine(id)}
        </h2>
        <Button label={words.disconnect} kind="danger" disabled={!mayAct || !client.isOnline || isGone} onClick={() => disconnect(Number(REASONS[0]))} />
        <Menu label={words.more} icon="more" items={items} />
        <p class="client-who">
          {client.user === null ? null : <span class="foreign">{visibleLine(client.user)}</span>}
          {client.address === null ? null : <span>{`${client.address}:${client.port}`}</span>}
          {client.version === null ? null : <span>{`MQTT ${client.version}`}</span>}
          <span>{client.isOnline ? words.online : words.asleep}</span>
        </p>
      </div>
      <Tabs
        label={words.detail}
        tabs={[
          { id: 'overview', label: words.tabs.overview },
          { id: 'subscriptions', label: words.tabs.subscriptions, count: client.subscriptions },
          { id: 'queue', label: words.tabs.queue, count: client.queued },
          { id: 'access', label: words.tabs.access },
        ]}
        value={part}
        onChange={(next) => {
          shown.value = next === 'overview' ? '' : next
        }}
        controls="client-part"
      />
      {isGone ? <Strip kind="mute">{words.gone}</Strip> : null}
      {told === null ? null : (
        <Strip kind={told.isBad ? 'danger' : 'accent'} icon={told.isBad ? 'close' : 'check'}>
          {told.text}
        </Strip>
      )}
      <ScrollRegion class="client-part" panel="client-part" label={words.tabs[part]}>
        {part === 'overview' ? <ClientOverview answer={answer} traffic={traffic} words={words} /> : null}
        {part === 'subscriptions' ? <ClientSubscriptions rows={answer.subscriptions} mayAct={mayAct && !isGone} act={act} words={words} /> : null}
        {part === 'queue' ? <ClientQueue rows={answer.queue} all={client.queued} words={words} /> : null}
        {part === 'access' ? <AccessTester base={base} client={id} words={words} /> : null}
        {mayAct ? null : <p class="muted client-role">{words.role}</p>}
      </ScrollRegion>
      {isDropping ? (
        <DropSession
          id={id}
          subscriptions={countText(client.subscriptions, app.settings.language.value)}
          queued={countText(client.queued, app.settings.language.value)}
          words={words}
          onClose={() => setDropping(false)}
          onDrop={() => void act('client/drop', {})}
        />
      ) : null}
    </div>
  )
}
