import { type FieldError, invalid, required, tooLong } from '../../api/field-error.ts'
import { labelProblems, subdomainProblems } from '../../registry/index.ts'

const LONGEST_DOMAIN = 253
const LONGEST_PATH = LONGEST_DOMAIN + 63 + 1
const LONGEST = LONGEST_DOMAIN + 1 + LONGEST_PATH

/** What is wrong with the name of a signer, `example.com/name` (kubernetes, apis/core/validation, ValidateSignerName). */
export function signerNameErrors(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  const [domain = '', path, ...more] = name.split('/')
  if (path === undefined || more.length > 0) {
    const form = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
    return [invalid(field, name, form)]
  }
  const labels = domain.split('.')
  return [
    ...lengthErrors(domain, LONGEST_DOMAIN, field),
    ...partErrors(domain, labels, labelProblems, field),
    ...(labels.length < 2
      ? [invalid(field, domain, 'should be a domain with at least two segments separated by dots')]
      : []),
    ...partErrors(path, path.split('.'), subdomainProblems, field),
    ...lengthErrors(name, LONGEST, field),
  ]
}

/** Of the first part that is wrong. */
function partErrors(
  whole: string,
  parts: readonly string[],
  problemsOf: (part: string) => readonly string[],
  field: string,
): FieldError[] {
  for (const part of parts) {
    const problems = problemsOf(part)
    if (problems.length > 0)
      return problems.map((each) =>
        invalid(field, whole, `validating label ${JSON.stringify(part)}: ${each}`),
      )
  }
  return []
}

function lengthErrors(text: string, longest: number, field: string): FieldError[] {
  return text.length > longest ? [tooLong(field, `may not be more than ${longest} bytes`)] : []
}
