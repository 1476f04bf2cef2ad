/** What a conversation is about; its messages come from the threads of the topic. */
export type Topic = 'everyday' | 'sales' | 'product' | 'production' | 'support' | 'direct';
