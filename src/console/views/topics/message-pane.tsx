// The message of the selected topic: what came last, or the one that was chosen; value, diff, history, properties.
// A branch without messages of its own shows what is below it.

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { QosBadge, Tag } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { bytesText, clockTime, countText } from '../../parts/format.ts'
import { Menu, type MenuItem } from '../../parts/menu.tsx'
import { EmptyState, Strip } from '../../parts/notice.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { useApp } from '../../state/app-context.ts'
import type { Connection } from '../../state/connection.ts'
import { useKeys } from '../../state/keyboard.ts'
import { textOf } from '../../worker/glance.ts'
import { mutedAbove, withMuted, withoutMuted } from '../../worker/muted-topics.ts'
import type { MessageDetail, TopicDetail } from '../../worker/protocol.ts'
import { visibleLine } from '../../worker/visible-text.ts'
import { DeleteRetained } from './delete-retained.tsx'
import { DIFF_LAYOUT, type DiffBase, DiffTab, SIDE_BY_SIDE } from './diff-tab.tsx'
import { HistoryTab } from './history-tab.tsx'
import { PropertiesTab, propertyCount } from './properties-tab.tsx'
import { TOPICS } from './topics-words.ts'
import { ValueTab } from './value-tab.tsx'
import { WhyTab } from './why-tab.tsx'

type TabId = 'value' | 'diff' | 'history' | 'properties' | 'why'

export function MessagePane({ connection }: { readonly connection: Connection }): JSX.Element {
  const app = useApp()
  const words = app.words(TOPICS)
  const { topic, message: chosen } = app.selection.value.value
  const [tab, setTab] = useState<TabId>('value')
  const [field, setField] = useState<string | null>(null)
  const [detail, setDetail] = useState<TopicDetail | null>(null)
  const [whole, setWhole] = useState<MessageDetail | null>(null)
  const [pins, setPins] = useState<ReadonlyMap<string, MessageDetail>>(new Map())
  const [base, setBase] = useState<DiffBase>('previous')
  const [isDeleting, setDeleting] = useState(false)

  useEffect(
    () =>
      app.worker.on('topic/detail', (value) => {
        if (value.connection === connection.id) setDetail(value)
      }),
    [connection.id],
  )
  useEffect(() => {
    app.worker.call('topic/watch', { connection: connection.id, topic, message: chosen, field }).catch(() => {})
  }, [connection.id, topic, chosen, field])
  useEffect(
    () => () => {
      app.worker.call('topic/watch', { connection: connection.id, topic: null, message: null, field: null }).catch(() => {})
    },
    [connection.id],
  )
  useEffect(() => {
    setField(null)
  }, [topic])

  const shown = detail !== null && detail.topic === topic ? detail : null
  const message = shown?.message == null ? null : whole?.seq === shown.message.seq ? whole : shown.message
  const pin = (pinned: MessageDetail | null): void => {
    if (topic === null) return
    const next = new Map(pins)
    if (pinned === null) next.delete(topic)
    else next.set(topic, pinned)
    setPins(next)
    setBase(pinned === null ? 'previous' : 'pinned')
  }
  useKeys(
    {
      v: () => setTab('value'),
      d: () => {
        const layout = app.route.parameter(DIFF_LAYOUT)
        if (tab === 'diff') layout.value = layout.peek() === '' ? SIDE_BY_SIDE : ''
        setTab('diff')
      },
      b: () => {
        if (message === null) return
        pin(message)
        setTab('diff')
      },
      c: () => setTab('history'),
      o: () => setTab('properties'),
      y: () => {
        if (message !== null) app.copy(textOf(message.payload) ?? '')
      },
    },
    [
      ['V', words.keys.value],
      ['D', words.keys.diff],
      ['B', words.keys.base],
      ['C', words.keys.chart],
      ['O', words.keys.properties],
      ['Y', words.keys.copy],
    ],
  )
  if (topic === null) return <EmptyState title={words.nothingSelected} />
  const mark = (seq: number): void => {
    app.worker.call('message/get', { connection: connection.id, seq, whole: false }).then(
      (found) => {
        pin(found)
        setTab('diff')
      },
      () => {},
    )
  }
  const loadWhole = (): void => {
    if (message !== null) app.worker.call('message/get', { connection: connection.id, seq: message.seq, whole: true }).then(setWhole, () => {})
  }
  const { muted } = connection.profile.value
  const mutedBy = mutedAbove(new Set(muted), topic)
  const items: MenuItem[] = [
    { id: 'publish', label: words.publishHere, icon: 'send', onSelect: () => app.publish(topic) },
    ...(message === null ? [] : [{ id: 'again', label: words.republish, icon: 'repeat', onSelect: () => app.publish(topic, message.payload) } as const]),
    {
      id: 'messages',
      label: words.openMessages,
      icon: 'messages',
      onSelect: () => {
        app.route.parameter('messages').value = `topic:${topic}`
        app.route.go('messages')
      },
    },
    {
      id: 'mute',
      label: mutedBy === null ? words.muteBranch : mutedBy === topic ? words.unmuteBranch : words.unmuteAbove(visibleLine(mutedBy)),
      icon: 'mute',
      begins: true,
      onSelect: () => app.connections.mute(connection, mutedBy === null ? withMuted(muted, topic) : withoutMuted(muted, topic)),
    },
    { id: 'delete', label: words.deleteRetained, icon: 'trash', danger: true, onSelect: () => setDeleting(true) },
  ]
  return (
    <div class="pane message">
      <div class="message-head">
        <TopicPath topic={topic} />
        <div class="message-actions">
          <CopyButton text={() => topic} label={words.copyTopic} />
          <IconButton icon="send" label={words.publishHere} onClick={() => app.publish(topic)} />
          <Menu label={app.words(TOPICS).message} icon="more" items={items} />
        </div>
        {message === null ? null : (
          <div class="message-facts">
            <QosBadge qos={message.qos} />
            {message.retain ? <Tag icon="retain">{words.retained}</Tag> : null}
            {message.dup ? <Tag kind="warn">DUP</Tag> : null}
            {message.isOut ? <Tag kind="accent">{words.out}</Tag> : null}
            <span>{bytesText(message.size)}</span>
            <time>{clockTime(message.time, true)}</time>
          </div>
        )}
      </div>
      {shown === null ? null : message === null ? (
        <BranchOrNothing connection={connection} topic={topic} detail={shown} onDelete={() => setDeleting(true)} />
      ) : (
        <>
          <Tabs
            label={words.message}
            tabs={[
              { id: 'value', label: words.tabs.value },
              { id: 'diff', label: words.tabs.diff },
              { id: 'history', label: words.tabs.history, count: shown.kept },
              { id: 'properties', label: words.tabs.properties, count: propertyCount(message.properties) },
              { id: 'why', label: words.tabs.why },
            ]}
            value={tab}
            onChange={setTab}
            controls="message-tab"
          />
          {chosen !== null && message.seq === chosen && shown.history[0]?.seq !== chosen ? (
            <Strip kind="mute" icon="clock" action={<Button label={words.newest} size="s" onClick={() => app.selection.selectTopic(topic)} />}>
              {words.notNewest}
            </Strip>
          ) : null}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard */}
          <div class="message-body scroll" id="message-tab" role="tabpanel" tabIndex={0} aria-label={words.tabs[tab]}>
            {tab === 'value' ? <ValueTab detail={shown} message={message} onWhole={loadWhole} /> : null}
            {tab === 'diff' ? (
              <DiffTab message={message} previous={shown.previous} pinned={pins.get(topic) ?? null} base={base} onBase={setBase} onPin={pin} />
            ) : null}
            {tab === 'history' ? <HistoryTab connection={connection} detail={shown} shown={message.seq} onField={setField} onMark={mark} /> : null}
            {tab === 'properties' ? <PropertiesTab connection={connection} message={message} /> : null}
            {tab === 'why' ? <WhyTab connection={connection} message={message} /> : null}
          </div>
        </>
      )}
      {isDeleting ? <DeleteRetained connection={connection} path={topic} onClose={() => setDeleting(false)} /> : null}
    </div>
  )
}

/** Levels of a topic, the last one bold; a long one goes on in the next line, after a slash where that is possible. */
function TopicPath({ topic }: { readonly topic: string }): JSX.Element {
  const levels = topic.split('/')
  return (
    <h2 class="topic-path" title={visibleLine(topic)}>
      {levels.map((level, i) => (
        <span key={i} class={`topic-level foreign ${i === levels.length - 1 ? 'topic-last' : ''}`}>
          {visibleLine(level)}
          {i === levels.length - 1 ? null : <i class="topic-slash">/</i>}
        </span>
      ))}
    </h2>
  )
}

interface BranchProps {
  readonly connection: Connection
  readonly topic: string
  readonly detail: TopicDetail
  readonly onDelete: () => void
}

function BranchOrNothing({ connection, topic, detail, onDelete }: BranchProps): JSX.Element {
  const app = useApp()
  const words = app.words(TOPICS)
  const [retained, setRetained] = useState(0)
  useEffect(() => {
    app.worker.call('topics/retained', { connection: connection.id, path: topic }).then(
      (topics) => setRetained(topics.length),
      () => {},
    )
  }, [connection.id, topic])
  return (
    <div class="message-body scroll">
      <p class="muted">{detail.count > 0 ? words.noMessage : words.branch.none}</p>
      <dl class="facts branch-facts">
        <div class="fact">
          <dt>{words.branch.retained}</dt>
          <dd>
            <span>{countText(retained, app.settings.language.value)}</span>
            {retained === 0 ? null : <Button label={words.deleteRetained} size="s" kind="danger" onClick={onDelete} />}
          </dd>
        </div>
      </dl>
    </div>
  )
}
