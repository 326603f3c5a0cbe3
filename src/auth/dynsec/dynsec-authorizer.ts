// What clients may do where dynamic security is in force. Implements broker/ports.ts' Authorizer.
// Where it says nothing an ACL file may still allow; without one the answer is no.

import type { Authorizer, Permission } from '../../broker/ports.ts'
import type { FileAuthorizer } from '../file-authorizer.ts'
import type { AccessType } from './acl.ts'
import type { DynamicSecurity } from './dynamic-security.ts'

export class DynsecAuthorizer implements Authorizer {
  readonly #security: DynamicSecurity
  readonly #otherwise: FileAuthorizer

  constructor(security: DynamicSecurity, otherwise: FileAuthorizer) {
    this.#security = security
    this.#otherwise = otherwise
  }

  get generation(): number {
    return this.#security.version + this.#otherwise.generation
  }

  mayPublish(clientId: string, userName: string | null, topicName: string): Permission {
    return this.#judge('publishClientSend', clientId, userName, topicName) ?? this.#otherwise.mayPublish(clientId, userName, topicName)
  }

  mayReceive(clientId: string, userName: string | null, topicName: string): Permission {
    return this.#judge('publishClientReceive', clientId, userName, topicName) ?? this.#otherwise.mayReceive(clientId, userName, topicName)
  }

  maySubscribe(clientId: string, userName: string | null, topicFilter: string): Permission {
    return this.#judge('subscribe', clientId, userName, topicFilter) ?? this.#otherwise.maySubscribe()
  }

  mayUnsubscribe(clientId: string, userName: string | null, topicFilter: string): Permission {
    return this.#judge('unsubscribe', clientId, userName, topicFilter) ?? 'allow'
  }

  /** Null = the ACL file is to say. */
  #judge(access: AccessType, clientId: string, userName: string | null, topic: string): Permission | null {
    const decision = this.#security.decide(access, { clientId, userName }, topic)
    if (decision !== null) return decision.allow ? 'allow' : 'deny'
    return this.#otherwise.aclFile === null ? 'deny' : null
  }
}
