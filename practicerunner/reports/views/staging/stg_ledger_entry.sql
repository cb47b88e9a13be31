select
    id as entry_id, case_id, payer_id, kind as entry_kind, amount_cents, effective_on, invoice_id, charge_id,
    payment_id,
    kind = 'opening' as is_opening,
    kind = 'charge' as is_charge,
    kind = 'payment' as is_payment,
    kind = 'refund' as is_refund,
    kind in ('credit', 'write_off') as is_adjustment
from ledger_entry
