// Topic Filters by level. Slow path: asked once per topic and change; its layout is its own affair.
// Order of the answer: at each level the exact name, then `+`, then `#`, as Mosquitto delivers overlapping subscriptions.

import type { Session } from './session.ts'
import type { SharedGroup } from './shared-subscriptions.ts'
import type { Subscription } from './subscription.ts'

class Node {
  readonly children = new Map<string, Node>()
  readonly subscriptions = new Map<Session, Subscription>()
  readonly groups = new Map<string, SharedGroup>()

  get isEmpty(): boolean {
    return this.children.size === 0 && this.subscriptions.size === 0 && this.groups.size === 0
  }
}

export class SubscriptionTree {
  readonly #root = new Node()

  /** Calls `change` with the node's collections, making the node if need be and removing it when it ends up empty. */
  update(levels: readonly string[], change: (subscriptions: Map<Session, Subscription>, groups: Map<string, SharedGroup>) => void): void {
    const path = [this.#root]
    for (const level of levels) {
      const parent = path[path.length - 1]!
      let node = parent.children.get(level)
      if (node === undefined) {
        node = new Node()
        parent.children.set(level, node)
      }
      path.push(node)
    }
    const last = path[path.length - 1]!
    change(last.subscriptions, last.groups)
    for (let i = path.length - 1; i > 0 && path[i]!.isEmpty; i--) path[i - 1]!.children.delete(levels[i - 1]!)
  }

  /** Everything that matches, a session perhaps several times. No leading wildcard matches a leading `$` [MQTT-4.7.2-1]. */
  match(topicName: string, found: Subscription[], groups: SharedGroup[]): void {
    walk(this.#root, topicName.split('/'), 0, topicName.startsWith('$'), found, groups)
  }
}

/** Levels are limited (maximumTopicLevels), hence so is the depth of this recursion. */
function walk(node: Node, levels: readonly string[], at: number, dollar: boolean, found: Subscription[], groups: SharedGroup[]): void {
  const wild = at > 0 || !dollar
  if (at === levels.length) take(node, found, groups)
  else {
    const exact = node.children.get(levels[at]!)
    const any = wild ? node.children.get('+') : undefined
    if (exact !== undefined) walk(exact, levels, at + 1, dollar, found, groups)
    if (any !== undefined) walk(any, levels, at + 1, dollar, found, groups)
  }
  const rest = wild ? node.children.get('#') : undefined // also the parent level [MQTT-4.7.1-2]
  if (rest !== undefined) take(rest, found, groups)
}

function take(node: Node, found: Subscription[], groups: SharedGroup[]): void {
  for (const subscription of node.subscriptions.values()) found.push(subscription)
  for (const group of node.groups.values()) groups.push(group)
}
