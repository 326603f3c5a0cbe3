// Authenticator and authoriser with the plugins asked before those that the broker was started with.
// Without a plugin that has the hook they pass everything on, and answers are remembered as ever.

import { type AccessAction, ADMIT_ALL, type Authenticator, type Authorizer, type Explanation, PERMIT_ALL, type Permission } from '../../broker/ports.ts'
import type { AuthenticationExchange, AuthenticationStep, Verdict } from '../../session/effects.ts'
import { ReasonCode } from '../../wire/mqtt/reason-codes.ts'
import type { ClientDirectory } from './client-directory.ts'
import type { ClientInfo, Decision } from './plugin.ts'
import type { Plugins } from './plugins.ts'

const DENIED: Verdict = { reasonCode: ReasonCode.NotAuthorized, userName: null, reason: 'denied by a plugin' }

export class PluggedAccess {
  readonly #plugins: Plugins
  readonly #directory: () => ClientDirectory
  readonly #authenticators = new Map<Authenticator, Authenticator>()
  readonly #authorizers = new Map<Authorizer, Authorizer>()

  constructor(plugins: Plugins, directory: () => ClientDirectory) {
    this.#plugins = plugins
    this.#directory = directory
  }

  /** The same for the same. */
  authenticator(given: Authenticator = ADMIT_ALL): Authenticator {
    let plugged = this.#authenticators.get(given)
    if (plugged === undefined) this.#authenticators.set(given, (plugged = this.#plugAuthenticator(given)))
    return plugged
  }

  /** The same for the same, so that it is known as one. */
  authorizer(given: Authorizer = PERMIT_ALL): Authorizer {
    let plugged = this.#authorizers.get(given)
    if (plugged === undefined) this.#authorizers.set(given, (plugged = this.#plugAuthorizer(given)))
    return plugged
  }

  #plugAuthenticator(given: Authenticator): Authenticator {
    const plugins = this.#plugins
    const describe = this.#directory
    return {
      authenticate: (connect, peer) => {
        if (!plugins.want('onConnect')) return given.authenticate(connect, peer)
        const client = describe().describe(connect.clientId, connect.userName, connect.version, peer)
        const judged = (decision: Decision): Verdict | Promise<Verdict> => {
          if (decision === 'next') return given.authenticate(connect, peer)
          return decision === 'allow' ? { reasonCode: 0, userName: connect.userName } : DENIED
        }
        const decision = plugins.connect(client, connect.password)
        return decision instanceof Promise ? decision.then(judged) : judged(decision)
      },
      begin: (method, connect, peer) => {
        const exchange = given.begin(method, connect, peer)
        if (exchange === null || !plugins.want('onConnect')) return exchange
        return this.#checked(exchange, (userName) => describe().describe(connect.clientId, userName, connect.version, peer))
      },
      stillWelcome: (peer, clientId, userName) => given.stillWelcome?.(peer, clientId, userName) !== false,
    }
  }

  /** Who has proved its name is still to be allowed by the plugins; they cannot spare it the proof. */
  #checked(exchange: AuthenticationExchange, describe: (userName: string | null) => ClientInfo): AuthenticationExchange {
    const judge = (step: AuthenticationStep): AuthenticationStep | Promise<AuthenticationStep> => {
      if (step.reasonCode !== 0) return step
      const judged = (decision: Decision): AuthenticationStep =>
        decision === 'deny' ? { reasonCode: ReasonCode.NotAuthorized, data: null, userName: null } : step
      const decision = this.#plugins.connect(describe(step.userName), null)
      return decision instanceof Promise ? decision.then(judged) : judged(decision)
    }
    return {
      step: (data) => {
        const step = exchange.step(data)
        return step instanceof Promise ? step.then(judge) : judge(step)
      },
    }
  }

  #plugAuthorizer(given: Authorizer): Authorizer {
    const plugins = this.#plugins
    const ask = (
      action: 'publish' | 'subscribe' | 'deliver',
      clientId: string,
      userName: string | null,
      topic: string,
      otherwise: () => Permission,
    ): Permission => {
      if (!plugins.want('onAuthorize')) return otherwise()
      const decision = plugins.authorize(this.#directory().named(clientId, userName), action, topic)
      const isAllowed = decision === 'next' ? otherwise().endsWith('allow') : decision === 'allow'
      return isAllowed ? 'uncacheable-allow' : 'uncacheable-deny'
    }
    return {
      get generation() {
        return given.generation + plugins.generation
      },
      mayPublish: (id, name, topic) => ask('publish', id, name, topic, () => given.mayPublish(id, name, topic)),
      mayReceive: (id, name, topic) => ask('deliver', id, name, topic, () => given.mayReceive(id, name, topic)),
      maySubscribe: (id, name, filter) => ask('subscribe', id, name, filter, () => given.maySubscribe(id, name, filter)),
      mayUnsubscribe: (id, name, filter) => given.mayUnsubscribe?.(id, name, filter) ?? 'allow',
      explain: (action, id, name, topic) => {
        const asked = action === 'receive' ? 'deliver' : action
        const decision = plugins.want('onAuthorize') ? plugins.authorize(this.#directory().named(id, name), asked, topic) : 'next'
        return decision === 'next' ? explained(given, action, id, name, topic) : { allowed: decision === 'allow', rule: null, reason: 'a plugin decides' }
      },
    }
  }
}

/** The authoriser's own reason, or that it has none to give. */
function explained(given: Authorizer, action: AccessAction, clientId: string, userName: string | null, topic: string): Explanation {
  if (given.explain !== undefined) return given.explain(action, clientId, userName, topic)
  if (given === PERMIT_ALL) return { allowed: true, rule: null, reason: 'there are no rules: everything is allowed that the broker itself does not forbid' }
  const ask = { publish: given.mayPublish, receive: given.mayReceive, subscribe: given.maySubscribe }[action]
  return { allowed: ask.call(given, clientId, userName, topic).endsWith('allow'), rule: null, reason: 'the authoriser gives no reasons' }
}
