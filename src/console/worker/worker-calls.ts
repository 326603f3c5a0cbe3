// Calls of the page, one function each: what the names in protocol.ts mean.
// Everything of one tab goes to tab.ts; here are only its tabs and their numbers.

import { TopicComparison } from './compare-topics.ts'
import { exportMessages } from './export-messages.ts'
import { messageDetail } from './message-rows.ts'
import { PayloadMask } from './payload-mask.ts'
import type { CallName, Calls, Emit } from './protocol.ts'
import { Tab, type TabEnvironment } from './tab.ts'

type Handlers = {
  readonly [N in Exclude<CallName, `packets/${string}` | 'connection/open' | 'connection/open-file' | 'topics/compare' | 'mask/set'>]: (
    tab: Tab,
    ask: Calls[N]['ask'],
  ) => Calls[N]['answer']
}

export class WorkerCalls {
  readonly #tabs = new Map<number, Tab>()
  readonly #environment: TabEnvironment
  readonly #mask = new PayloadMask()
  readonly #emit: Emit
  readonly #comparison = new TopicComparison()
  #next = 1

  constructor(environment: Omit<TabEnvironment, 'mask'>, emit: Emit) {
    this.#environment = { ...environment, mask: this.#mask }
    this.#emit = emit
  }

  /** The answer, or a promise of it. Throws for what cannot be. */
  call<N extends CallName>(name: N, ask: Calls[N]['ask']): unknown {
    if (name === 'connection/open') return this.#open(false, (ask as Calls['connection/open']['ask']).profile)
    if (name === 'connection/open-file') return this.#open(true, null)
    if (name === 'mask/set') {
      this.#mask.set((ask as Calls['mask/set']['ask']).filters)
      for (const tab of this.#tabs.values()) tab.views.refresh()
      return null
    }
    const { connection } = ask as { readonly connection: number }
    const tab = this.#tab(name, connection)
    if (name === 'topics/compare') {
      const compared = ask as Calls['topics/compare']['ask']
      return this.#comparison.compare(tab, this.#tab(name, compared.other), compared)
    }
    if (name.startsWith('packets/')) return tab.packets.call(name as never, ask)
    if (name === 'connection/close') {
      tab.close()
      this.#tabs.delete(connection)
      return null
    }
    const handler = HANDLERS[name as keyof Handlers] as (tab: Tab, ask: unknown) => unknown
    return handler(tab, ask)
  }

  /** Milliseconds since 1970; work is cut into slices by `isOver`. */
  tick(now: number, isOver: () => boolean): void {
    for (const tab of this.#tabs.values()) tab.tick(now, isOver)
  }

  #tab(name: CallName, connection: number): Tab {
    const tab = this.#tabs.get(connection)
    if (tab === undefined) throw new Error(`${name}: there is no connection ${connection}`)
    return tab
  }

  #open(isFile: boolean, profile: Calls['connection/open']['ask']['profile'] | null): number {
    const tab = new Tab(this.#next++, isFile, this.#environment, this.#emit)
    this.#tabs.set(tab.id, tab)
    if (profile !== null) tab.connect(profile)
    return tab.id
  }
}

const done = null

const HANDLERS: Handlers = {
  'connection/connect': (tab, { profile }) => {
    tab.connect(profile)
    return done
  },
  'connection/disconnect': (tab) => {
    tab.link.disconnect()
    return done
  },
  'connection/close': () => done,
  'connection/pause': (tab, { paused }) => {
    tab.views.isPaused = paused
    tab.list.follow(!paused)
    tab.views.refresh()
    return done
  },
  'connection/clear': (tab) => {
    tab.clear()
    tab.views.refresh()
    return done
  },
  'subscription/add': (tab, { subscription }) => {
    tab.subscriptions.add(subscription)
    tab.link.subscribePending()
    tab.tellSubscriptions()
    return done
  },
  'subscription/remove': (tab, { filter }) => {
    if (tab.subscriptions.remove(filter)) tab.link.unsubscribe(filter)
    tab.tellSubscriptions()
    return done
  },
  'subscription/mute': (tab, { filter, muted }) => {
    tab.subscriptions.mute(filter, muted)
    tab.list.show(tab.list.find, tab.hasMuted, true)
    tab.tellSubscriptions()
    tab.views.refresh()
    return done
  },
  'topics/watch': (tab, ask) => {
    tab.views.watchTopics(ask)
    return done
  },
  'topics/toggle': (tab, { id, open }) => {
    tab.tree.toggle(id, open)
    tab.views.refresh()
    return done
  },
  'topics/toggle-all': (tab, { open }) => {
    tab.tree.toggleAll(open)
    tab.views.refresh()
    return done
  },
  'topics/pin': (tab, { id, pinned }) => {
    tab.tree.pin(id, pinned)
    tab.views.refresh()
    return done
  },
  'topics/mute': (tab, { paths }) => {
    tab.mute(paths)
    return done
  },
  'topics/reveal': (tab, { topic }) => {
    const row = tab.tree.reveal(topic, tab.now())
    tab.views.refresh()
    return row
  },
  'topics/complete': (tab, { text, limit }) => tab.tree.complete(text, limit),
  'topics/retained': (tab, { path }) => tab.tree.retainedBelow(path),
  'topics/delete-retained': (tab, { topics }) => {
    tab.deleteRetained(topics)
    return done
  },
  'topic/watch': (tab, ask) => {
    tab.views.watchTopic(ask)
    return done
  },
  'messages/watch': (tab, ask) => {
    tab.list.show(ask.find, tab.hasMuted, false)
    tab.list.follow(ask.follow && !tab.views.isPaused)
    tab.views.watchMessages(ask)
    return done
  },
  'messages/row': (tab, { seq }) => tab.list.rowOf(seq),
  'messages/row-at': (tab, { time }) => tab.list.rowAt(time),
  'message/get': (tab, { seq, whole }) => messageDetail(tab, seq, whole),
  'messages/export': (tab, { seqs, form }) => {
    const chosen = (seqs ?? tab.list.all()).filter((seq) => tab.store.has(seq)).toSorted((a, b) => a - b)
    return { bytes: exportMessages(tab.store, (id) => tab.names.nameOf(id), chosen, form), count: chosen.length }
  },
  'messages/replay': (tab, { seqs, keepTimes }) => {
    const { store, names } = tab
    const chosen = seqs.filter((seq) => store.has(seq)).toSorted((a, b) => a - b)
    const begin = chosen.length === 0 ? 0 : store.time(chosen[0]!)
    const messages = chosen.map((seq) => {
      const { subscriptionIdentifiers: _, topicAlias: __, ...properties } = store.properties(seq)
      return {
        topic: names.nameOf(store.topicId(seq)),
        payload: store.payload(seq).slice(),
        qos: store.qos(seq),
        retain: store.retain(seq),
        properties,
        atMs: store.time(seq) - begin,
      }
    })
    return tab.publisher.replay(messages, keepTimes)
  },
  'publish/send': (tab, { draft }) => tab.publisher.send(draft),
  'publish/stop': (tab, { job }) => {
    tab.publisher.stop(job)
    return done
  },
  'demo/run': (tab, { running }) => {
    tab.runDemo(running)
    return done
  },
}
