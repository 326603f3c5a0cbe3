// The tree that the parser makes of a filter: its words as they stand, not yet looked up.
// Each node knows its place in the text; the check gives it types.

export interface Place {
  readonly start: number
  readonly end: number
}

/** How a comparison reads its many values; `!=` and `===` are ALL of their own accord. */
export type ComparisonOperator = '==' | '!=' | '===' | '!==' | '<' | '<=' | '>' | '>='

/** `any` or `all` before a relation; null = as the operator has it. */
export type Quantifier = 'any' | 'all' | null

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&'

/** A piece of a slice or of a layer choice. `length` null = to the end; a negative start counts from the end. */
export interface Range {
  readonly start: number
  readonly length: number | null
}

export type Value = Place &
  (
    | { readonly kind: 'word'; readonly text: string }
    | { readonly kind: 'field'; readonly name: string }
    | { readonly kind: 'literal'; readonly text: string }
    /** Each UTF-16 unit is one byte. */
    | { readonly kind: 'string'; readonly bytes: string }
    | { readonly kind: 'character'; readonly code: number }
    | { readonly kind: 'reference'; readonly name: string }
    | { readonly kind: 'layer'; readonly of: Value; readonly ranges: readonly Range[] }
    | { readonly kind: 'slice'; readonly of: Value; readonly ranges: readonly Range[] }
    | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Value[] }
    | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly of: Value }
    | { readonly kind: 'arithmetic'; readonly operator: ArithmeticOperator; readonly left: Value; readonly right: Value }
  )

/** A member of a set: one value, or all from `low` to `high`. */
export interface SetElement {
  readonly low: Value
  readonly high: Value | null
}

export type Test = Place &
  (
    | { readonly kind: 'and' | 'or'; readonly left: Test; readonly right: Test }
    | { readonly kind: 'not'; readonly of: Test }
    | { readonly kind: 'exists'; readonly value: Value }
    /** `a < b <= c`: one operator fewer than values. */
    | {
        readonly kind: 'comparison'
        readonly quantifier: Quantifier
        readonly values: readonly Value[]
        readonly operators: readonly ComparisonOperator[]
      }
    | { readonly kind: 'contains' | 'matches'; readonly quantifier: Quantifier; readonly left: Value; readonly right: Value }
    | { readonly kind: 'in'; readonly quantifier: Quantifier; readonly isNegated: boolean; readonly left: Value; readonly elements: readonly SetElement[] }
  )
