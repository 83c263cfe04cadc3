export const PULSES = 'pulses';
