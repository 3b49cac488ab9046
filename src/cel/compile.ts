import { type CheckOptions, type CheckResult, checkExpression, type Scope } from './checker.ts'
import { type Expression, ExpressionError, parseExpression } from './expression.ts'

export type Compilation = (CheckResult & { readonly expression: Expression }) | { readonly problem: string }

/** An expression that can be evaluated, or why it cannot, in cel-go's words. */
export function compile(text: string, scope: Scope, options: CheckOptions = {}): Compilation {
  try {
    const expression = parseExpression(text)
    const result = checkExpression(expression, scope, options)
    if (result.errors.length > 0)
      return { problem: result.errors.map((error) => printedError(error, text)).join('\n') }
    return { ...result, expression }
  } catch (error) {
    if (error instanceof ExpressionError) return { problem: printedError(error, text) }
    throw error
  }
}

/** With the line, and a mark below the place. */
function printedError({ message, position }: ExpressionError, text: string): string {
  const before = text.slice(0, Math.max(0, position))
  const start = before.lastIndexOf('\n') + 1
  const line = text.slice(start).split('\n')[0] ?? ''
  const column = before.length - start
  const row = before.split('\n').length
  return `ERROR: <input>:${row}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`
}
