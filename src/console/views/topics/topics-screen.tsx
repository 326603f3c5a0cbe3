// The Topics screen: subscriptions, the live tree, and at its right the message of the selected topic.
// Under 700 px one of the two at a time.

import './topics.css'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { clockTime, countText } from '../../parts/format.ts'
import { Menu } from '../../parts/menu.tsx'
import { Strip } from '../../parts/notice.tsx'
import { SplitPanes } from '../../parts/split-panes.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import { useIsNarrow } from '../../state/row-height.ts'
import type { TopicSort } from '../../worker/protocol.ts'
import { SubscriptionBar } from '../connections/subscription-bar.tsx'
import type { ScreenProps } from '../registry.ts'
import { FirstSteps } from './first-steps.tsx'
import { MessagePane } from './message-pane.tsx'
import { MutedStrip } from './muted-strip.tsx'
import { TOPICS } from './topics-words.ts'
import { TreePane } from './tree-pane.tsx'

const SORTS: readonly TopicSort[] = ['name', 'rate', 'seen', 'count']

export function TopicsScreen({ connection }: ScreenProps): JSX.Element {
  const app = useApp()
  const words = app.words(TOPICS)
  const isNarrow = useIsNarrow()
  const [pane, setPane] = useState<'tree' | 'message'>('tree')
  const [sort, setSort] = useState<TopicSort>('name')
  const [muted, setMuted] = useState(0)
  const isQuiet = connection.numbers.value.ordinaryTopics === 0 && connection.phase.value.phase === 'live'
  const isEmpty = isQuiet && connection.numbers.value.received === 0
  const sortItems = SORTS.map((id) => ({ id, label: words.sorts[id], checked: id === sort, onSelect: () => setSort(id) }))
  const toggleAll = (open: boolean) => () => app.worker.call('topics/toggle-all', { connection: connection.id, open })
  const folds = [
    { id: 'expand', label: words.expand, icon: 'plus', begins: true, onSelect: toggleAll(true) },
    { id: 'collapse', label: words.collapse, icon: 'minus', onSelect: toggleAll(false) },
  ] as const
  const tree = <TreePane connection={connection} sort={sort} onOpen={() => setPane('message')} onMuted={setMuted} />
  const message = isQuiet && app.selection.value.value.topic === null ? <FirstSteps connection={connection} /> : <MessagePane connection={connection} />
  return (
    <section class="screen" aria-label={words.title}>
      <SubscriptionBar connection={connection}>
        <Menu label={`${words.sort}: ${words.sorts[sort]}`} icon="sort" items={[...sortItems, ...folds]} labelled={!isNarrow} />
      </SubscriptionBar>
      {connection.paused.value ? (
        <Strip kind="accent" icon="pause" action={<Button label={words.resume} size="s" kind="ghost" onClick={() => connection.pause(false)} />}>
          <b>{words.paused}</b> {words.pausedSince(clockTime(connection.pausedAt.value))}
        </Strip>
      ) : null}
      <MutedStrip connection={connection}>
        {muted === 0 ? words.mutedNone : words.mutedTopics(countText(muted, app.settings.language.value), muted === 1)}
      </MutedStrip>
      {isEmpty ? (
        <FirstSteps connection={connection} />
      ) : isNarrow ? (
        <>
          <Tabs
            class="pane-tabs"
            label={words.title}
            tabs={[
              { id: 'tree', label: words.tree },
              { id: 'message', label: words.message },
            ]}
            value={pane}
            onChange={setPane}
          />
          {pane === 'tree' ? tree : message}
        </>
      ) : (
        <SplitPanes id="topics" direction="row" share={0.61} least={[380, 320]} label={words.split} first={tree} second={message} />
      )}
    </section>
  )
}
