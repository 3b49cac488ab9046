export { BOOTSTRAP_RIGHTS, missingRight } from './access-reviews.ts'
export type { RegisteredHub, RegistrationAgentComponents } from './agent-context.ts'
export { type AgentNames, findAgentNames } from './agent-names.ts'
export {
  parseRegistrationAgentConfig,
  REGISTRATION_AGENT_SPEC,
  REGISTRATION_FLAG_GROUPS,
  type RegistrationAgentConfig,
  type RegistrationAgentSettings,
  type RegistrationFlagValues,
  registrationAgentSettings,
} from './flags.ts'
export { DEFAULT_AGENT_OPTIONS, type RegistrationAgentOptions } from './options.ts'
export { type AgentPhase, RegistrationAgent } from './registration-agent.ts'
