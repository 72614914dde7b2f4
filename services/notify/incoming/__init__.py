"""What comes back, from people and from providers: replies, clicks, opt-outs, receipts, reports. For usecases.py."""
