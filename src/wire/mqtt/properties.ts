// The properties of MQTT 5.0 [table 2-4]: identifier, name, data type, where allowed. Facts as data.
// Used by decode, encode, the client's -D option and, later, the dissector and the console.

/** Properties of one packet, in the order in which they are written. Absent = not in the packet. */
export interface Properties {
  readonly payloadFormatIndicator?: number
  /** Seconds. */
  readonly messageExpiryInterval?: number
  readonly contentType?: string
  readonly responseTopic?: string
  readonly correlationData?: Uint8Array
  /** One in SUBSCRIBE, any number in PUBLISH from a server. */
  readonly subscriptionIdentifiers?: readonly number[]
  /** Seconds; 0xFFFFFFFF = never. */
  readonly sessionExpiryInterval?: number
  readonly assignedClientIdentifier?: string
  /** Seconds. */
  readonly serverKeepAlive?: number
  readonly authenticationMethod?: string
  readonly authenticationData?: Uint8Array
  readonly requestProblemInformation?: number
  /** Seconds. */
  readonly willDelayInterval?: number
  readonly requestResponseInformation?: number
  readonly responseInformation?: string
  readonly serverReference?: string
  readonly reasonString?: string
  readonly receiveMaximum?: number
  readonly topicAliasMaximum?: number
  readonly topicAlias?: number
  readonly maximumQos?: number
  readonly retainAvailable?: number
  readonly userProperties?: readonly (readonly [name: string, value: string])[]
  /** Bytes. */
  readonly maximumPacketSize?: number
  readonly wildcardSubscriptionAvailable?: number
  readonly subscriptionIdentifiersAvailable?: number
  readonly sharedSubscriptionAvailable?: number
}

export const NO_PROPERTIES: Properties = Object.freeze({})
