import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { AddOnPlacementScore } from '../../apis/cluster/v1alpha1.ts'
import { compile } from '../../cel/compile.ts'
import { CostBudget, CostLimitExceeded, CostMeter } from '../../cel/cost.ts'
import { evaluate } from '../../cel/evaluator.ts'
import type { Expression } from '../../cel/expression.ts'
import { FUNCTIONS } from '../../cel/functions/index.ts'
import { FunctionTable } from '../../cel/overload.ts'
import { plainValue } from '../../cel/plain-value.ts'
import { DYN, mapOf, STRING } from '../../cel/types.ts'
import { EvaluationError, type Value } from '../../cel/values.ts'
import type { JsonValue } from '../../common/json.ts'
import { parseJson } from '../../common/parse-json.ts'
import { MisconfiguredError } from '../plugin-status.ts'

const CLUSTER = 'managedCluster'
const SCOPE = new Map([[CLUSTER, mapOf(STRING, DYN)]])

/** The AddOnPlacementScore of a name in the namespace of a cluster. */
export type FindScores = (cluster: string, name: string) => AddOnPlacementScore | undefined

/** Expressions about a ManagedCluster, all of which must be true (sdk-go/pkg/cel/library). */
export class CelSelector {
  readonly #expressions: readonly Expression[]
  readonly #scores: FindScores

  /** @throws MisconfiguredError with what is wrong with an expression */
  constructor(texts: readonly string[], scores: FindScores, plugin: string) {
    this.#scores = scores
    const functions = functionsFor(undefined, scores)
    this.#expressions = texts.map((text) => {
      const compiled = compile(text, SCOPE, { functions })
      if ('problem' in compiled)
        throw new MisconfiguredError(plugin, `compilation failed: ${compiled.problem}`)
      return compiled.expression
    })
  }

  /** An expression that fails, costs too much or is no truth value does not match. */
  matches(cluster: ManagedCluster): boolean {
    if (this.#expressions.length === 0) return true
    const budget = new CostBudget()
    const functions = functionsFor(cluster, this.#scores)
    const frame = { name: CLUSTER, value: plainValue(cluster as unknown as JsonValue), outer: undefined }
    return this.#expressions.every((expression) => {
      const meter = new CostMeter()
      try {
        return evaluate(expression, frame, meter, functions) === true && budget.take(meter.spent)
      } catch (error) {
        if (error instanceof EvaluationError || error instanceof CostLimitExceeded) return false
        throw error
      }
    })
  }
}

function functionsFor(cluster: ManagedCluster | undefined, find: FindScores): FunctionTable {
  return new FunctionTable(FUNCTIONS)
    .add('dyn.scores(string): list(dyn)', ([, name]) => scoresOf(cluster, String(name), find))
    .add('parseJSON(string): dyn', ([text], meter) => {
      meter.charge(Math.ceil(String(text).length / 10))
      return parsed(String(text))
    })
}

function scoresOf(cluster: ManagedCluster | undefined, name: string, find: FindScores): Value {
  const scores = find(cluster?.metadata.name ?? '', name)
  if (!scores)
    throw new EvaluationError(
      `failed to get score: addonplacementscore.cluster.open-cluster-management.io "${name}" not found`,
    )
  return plainValue((scores.status?.scores ?? []).map((score) => ({ name: score.name, value: score.value })))
}

function parsed(text: string): Value {
  try {
    return plainValue(parseJson(text) as JsonValue)
  } catch (cause) {
    throw new EvaluationError(`failed to parse JSON: ${(cause as Error).message}`, { cause })
  }
}
