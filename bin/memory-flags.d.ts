export function memoryFlags(containerBytes: number, given: string): string[];
