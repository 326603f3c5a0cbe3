// Who may change or refuse what clients publish and subscribe to, beyond permissions: the plugins of a program around the broker.
// A port; null costs one comparison per run and per requested subscription. What the broker itself publishes is not shown.

import type { SubscriptionRequest } from '../wire/mqtt/packet.ts'
import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { Session } from './session.ts'

/** Must not throw. The fields may change while the broker runs. */
export interface Interception {
  /**
   * A client's message, permitted and about to go to its subscribers: a run of one, under its full Topic Name. Returns it as it is or another
   * one with the same QoS, or a Reason Code of refusal. QoS 2 comes here at PUBREL, when it is too late for a code: it is dropped.
   */
  publish: ((session: Session, run: PublishRun) => PublishRun | number) | null
  /** One line of SUBSCRIBE, permitted, with its full Topic Filter. Returns the QoS to grant at most, or a Reason Code of refusal. */
  subscribe: ((session: Session, request: SubscriptionRequest) => number) | null
}

/** Nobody; never written to. */
export const NO_INTERCEPTION: Interception = { publish: null, subscribe: null }
