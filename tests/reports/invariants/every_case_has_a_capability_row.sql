-- Every case is of a kind that the capability table knows.
select * from stg_case_file c left join case_type_capability k using (case_type) where k.case_type is null
