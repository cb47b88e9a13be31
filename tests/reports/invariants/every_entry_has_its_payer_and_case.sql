-- No ledger entry is without a payer and a case that exist.
select * from stg_ledger_entry e
left join stg_payer p using (payer_id)
left join stg_case_file c on c.case_id = e.case_id
where p.payer_id is null or c.case_id is null
